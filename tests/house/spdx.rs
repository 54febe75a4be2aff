// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every source file says under which licence it stands.

use crate::tree::{TextFile, files, none};

fn unlicensed(file: &TextFile) -> bool {
    let source = matches!(file.extension(), "rs" | "toml" | "sql" | "sh" | "py" | "nix" | "wit")
        || file.path.starts_with(".ci/")
        || file.text.starts_with("#!/");
    // In the first lines: a script begins with its interpreter.
    source
        && !file.text.lines().take(3).any(|line| line.ends_with("SPDX-License-Identifier: MIT OR Apache-2.0"))
}

#[test]
fn every_source_file_has_its_spdx_line() {
    let without: Vec<String> =
        files().into_iter().filter(unlicensed).map(|file| format!("{}: no SPDX line", file.path)).collect();
    none(&without);
}

#[test]
fn a_file_without_the_line_is_seen() {
    let licensed = "SPDX-License-Identifier: MIT OR Apache-2.0\n";
    for (path, text, expected) in [
        ("a.rs", "fn main() {}\n".to_owned(), true),
        ("a.rs", "// SPDX-License-Identifier: MIT\n".to_owned(), true),
        ("a.sql", "\n\n\n-- ".to_owned() + licensed, true),
        (".ci/run", "#!/bin/sh\n".to_owned(), true),
        ("scripts/backup", "#!/bin/sh\n".to_owned(), true),
        ("a.rs", "// ".to_owned() + licensed, false),
        ("a.sh", "#!/bin/sh\n# ".to_owned() + licensed, false),
        ("a.md", "words\n".to_owned(), false),
    ] {
        assert_eq!(unlicensed(&TextFile::new(path, &text)), expected, "{path}: {text}");
    }
}
