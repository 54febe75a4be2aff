// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where there are vectors, what means the same is remembered once.
use super::*;
use blufio_core::embedding::{EmbedError, Embedding, EmbeddingModel, Patience};

/// Two meanings: what is about a cat, and the rest.
struct Cats(EmbeddingModel);

#[async_trait::async_trait]
impl Embedding for Cats {
    fn model(&self) -> &EmbeddingModel {
        &self.0
    }
    async fn embed(&self, texts: &[&str], _patience: Patience) -> Result<Vec<Vec<f32>>, EmbedError> {
        let vector = |text: &&str| match text.contains("cat") || text.contains("feline") {
            true => vec![1.0, 0.0],
            false => vec![0.0, 1.0],
        };
        Ok(texts.iter().map(vector).collect())
    }
}

#[tokio::test]
async fn what_means_the_same_is_no_second_memory_unless_names_or_numbers_differ_or_one_denies_it() {
    let folder = tempfile::tempdir().unwrap();
    let model = Model::new([]);
    proposes(&model, &[entry("The person owns a cat.", 1)]);
    let cats = Cats(EmbeddingModel { name: "cats".into(), revision: "1".into(), dimension: 2 });
    let house = House::that_understands(folder.path(), &model, Some(Arc::new(cats)), on).await;
    say(&house, &model, "I have got a cat, a grey one").await;
    after(&house, HOUR).await;
    let wanted = [
        entry("The person keeps a grey feline.", 1),
        entry("The person keeps no grey cat.", 1),
        entry("The person keeps a grey cat, Tom.", 1),
        entry("The person keeps 2 grey cats.", 1),
    ];
    proposes(&model, &wanted);
    say(&house, &model, "Tom is a grey cat, a feline, and no angel; I keep him from 2 others").await;
    after(&house, HOUR).await;
    let expected = [
        "The person owns a cat.",
        "The person keeps no grey cat.",
        "The person keeps a grey cat, Tom.",
        "The person keeps 2 grey cats.",
    ];
    assert_eq!(texts(&house).await, expected);
    house.close().await;
}
