// SPDX-License-Identifier: MIT OR Apache-2.0
//! A loaded graph, through the interface of ONNX Runtime, on a backend in pure Rust.

use ort::environment::Environment;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{Session, SessionInputValue};
use ort::value::Tensor;
use std::path::Path;
use std::sync::LazyLock;

/// A process can have one only. It holds the names of the operators and no model.
static ENVIRONMENT: LazyLock<Result<Environment, String>> = LazyLock::new(|| {
    // The first call decides; there is only one backend.
    ort::set_api(ort_tract::api());
    ort::init().with_telemetry(false).build().map_err(|error| error.to_string())
});

/// How the vectors of the tokens become one, where the graph does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// Their mean.
    Mean,
    /// The one of the first token.
    First,
}

/// A graph that is ready to run.
#[derive(Debug)]
pub(crate) struct Graph {
    session: Session,
}

impl Graph {
    /// Loads the graph in this file, with what lies beside it.
    ///
    /// # Errors
    /// When the file is no ONNX, or needs what the backend does not have.
    pub(crate) fn load(file: &Path) -> Result<Self, ort::Error> {
        let environment = ENVIRONMENT.as_ref().map_err(ort::Error::new)?;
        // Without the optimiser the backend cannot run lengths that are known only later.
        let session = Session::builder(environment)?
            .with_optimization_level(GraphOptimizationLevel::Level3)
            .map_err(|error| ort::Error::new(error.message()))?
            .commit_from_file(file)?;
        Ok(Self { session })
    }

    /// Runs a graph that takes a row of numbers for each token and gives one vector.
    ///
    /// # Errors
    /// When the backend fails.
    pub(crate) fn sentence_of_rows(&mut self, rows: Vec<f32>, width: usize) -> Result<Vec<f32>, ort::Error> {
        let input = Tensor::from_array(([rows.len() / width.max(1), width], rows))?;
        let (_, numbers) = self.run(vec![("embeddings".into(), input.into())])?;
        Ok(numbers)
    }

    /// Runs a graph that takes the numbers of the tokens, as models are published, and gives one vector or one for each
    /// token.
    ///
    /// # Errors
    /// When the backend fails, or the graph wants or gives something else.
    pub(crate) fn sentence_of_tokens(
        &mut self,
        ids: &[u32],
        pooling: Pooling,
        dimension: usize,
    ) -> Result<Vec<f32>, ort::Error> {
        let names: Vec<String> = self.session.inputs().iter().map(|input| input.name().to_owned()).collect();
        let mut inputs: Vec<(String, SessionInputValue<'_>)> = Vec::new();
        for name in names {
            let numbers: Vec<i64> = match name.as_str() {
                "input_ids" => ids.iter().map(|id| i64::from(*id)).collect(),
                "attention_mask" => vec![1; ids.len()],
                "token_type_ids" => vec![0; ids.len()],
                _ => return Err(ort::Error::new(format!("the graph wants the unknown input {name}"))),
            };
            inputs.push((name, Tensor::from_array(([1, ids.len()], numbers))?.into()));
        }
        let (shape, numbers) = self.run(inputs)?;
        let tokens = numbers.chunks_exact(dimension.max(1));
        match (shape.as_slice(), pooling) {
            ([1, width], _) if usize::try_from(*width) == Ok(dimension) => Ok(numbers),
            ([1, _, width], Pooling::First) if usize::try_from(*width) == Ok(dimension) => {
                Ok(tokens.take(1).flatten().copied().collect())
            }
            ([1, _, width], Pooling::Mean) if usize::try_from(*width) == Ok(dimension) => {
                let mut sum = vec![0.0; dimension];
                tokens.for_each(|token| sum.iter_mut().zip(token).for_each(|(sum, number)| *sum += number));
                Ok(sum)
            }
            _ => Err(ort::Error::new(format!("the graph gives {shape:?} instead of {dimension} numbers"))),
        }
    }

    fn run(
        &mut self,
        inputs: Vec<(String, SessionInputValue<'_>)>,
    ) -> Result<(Vec<i64>, Vec<f32>), ort::Error> {
        let outputs = self.session.run(inputs)?;
        let pooled = outputs.iter().find(|(name, _)| *name == "sentence_embedding");
        let Some((_, first)) = pooled.or_else(|| outputs.iter().next()) else {
            return Err(ort::Error::new("the graph has no output"));
        };
        let (shape, numbers) = first.try_extract_tensor::<f32>()?;
        Ok((shape.to_vec(), numbers.to_vec()))
    }
}
