// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shows where the router and the development half of the labelled messages disagree.
//!
//! `cargo run -p blufio-routing --example misses [language]`

#[path = "report/set.rs"]
mod set;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = std::env::args().nth(1);
    for line in set::read(set::Half::Tune)? {
        if wanted.as_ref().is_some_and(|language| *language != line.lang) {
            continue;
        }
        let verdict = line.decide();
        if verdict.route != line.route {
            let weaker = if verdict.route < line.route { "WEAK  " } else { "strong" };
            println!(
                "{weaker} {} {} {} -> {} {:?} | {:.120}",
                line.id,
                line.lang,
                line.route,
                verdict.route,
                verdict.reasons,
                line.text.replace('\n', "⏎")
            );
        }
    }
    Ok(())
}
