// SPDX-License-Identifier: MIT OR Apache-2.0
use super::CommandTranscriber;
use crate::words::MAX_TEXT;
use blufio_core::transcribe::{TranscribeError, Transcriber};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

fn command(argv: &[&str], timeout: Duration) -> CommandTranscriber {
    CommandTranscriber::new(argv.iter().map(|word| (*word).to_owned()).collect(), timeout).unwrap()
}

fn script(script: &str) -> CommandTranscriber {
    command(&["/bin/sh", "-c", script], PATIENCE)
}

async fn complaint(transcriber: &CommandTranscriber) -> String {
    match transcriber.transcribe(b"audio", "audio/ogg").await {
        Err(TranscribeError::Failed(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// Waits until `path` holds the id of a process, and gives it.
async fn pid_in(path: &Path) -> String {
    loop {
        match std::fs::read_to_string(path) {
            Ok(pid) if pid.ends_with('\n') => return pid.trim().to_owned(),
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Waits until a process is gone, or is dead and only waits for its parent to notice.
async fn is_gone(pid: &str) -> bool {
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
            Ok(stat) if !stat.contains(") Z ") => tokio::time::sleep(Duration::from_millis(5)).await,
            _ => return true,
        }
    }
    false
}

#[tokio::test]
async fn the_recording_goes_in_and_the_words_come_out() {
    let text =
        command(&["cat"], PATIENCE).transcribe("  Grüße aus Wien\n".as_bytes(), "audio/ogg").await.unwrap();
    assert_eq!(text, "Grüße aus Wien");
}

#[tokio::test]
async fn a_recording_larger_than_any_pipe_goes_through_a_program_that_prints_while_it_reads() {
    let audio = vec![b'x'; usize::try_from(MAX_TEXT).unwrap()];
    let text = command(&["cat"], PATIENCE).transcribe(&audio, "audio/ogg").await.unwrap();
    assert_eq!(text.len(), audio.len());
}

#[tokio::test]
async fn a_program_need_not_read_the_whole_recording() {
    let audio = vec![0; 4 << 20];
    let text = script("exec 0<&-; echo done").transcribe(&audio, "audio/ogg").await.unwrap();
    assert_eq!(text, "done");
}

#[tokio::test]
async fn silence_is_no_failure_of_the_program() {
    assert!(matches!(
        script("cat >/dev/null").transcribe(b"x", "audio/ogg").await,
        Err(TranscribeError::Empty)
    ));
}

#[tokio::test]
async fn a_bad_exit_is_told_with_the_last_complaint_and_the_key() {
    let reason =
        complaint(&script("echo half a word; echo loading >&2; echo 'no such model' >&2; exit 3")).await;
    assert!(reason.contains("transcription.command"), "{reason}");
    assert!(reason.contains("exit status: 3: no such model"), "{reason}");
    let reason = complaint(&script("exit 4")).await;
    assert!(reason.contains("it gave no reason"), "{reason}");
    let reason = complaint(&script("kill -9 $$")).await;
    assert!(reason.contains("signal: 9"), "{reason}");
}

#[tokio::test]
async fn a_chatty_program_is_read_to_the_end_and_its_last_line_is_kept() {
    let reason = complaint(&script(
        "yes 'still loading' | head -c 300000 >&2; echo >&2; echo 'out of memory' >&2; exit 1",
    ))
    .await;
    assert!(reason.contains(": out of memory;"), "{reason}");
}

#[tokio::test]
async fn too_much_output_is_refused() {
    let reason = complaint(&script("yes | head -c 1000000")).await;
    assert!(reason.contains("more than 262144 bytes"), "{reason}");
}

#[tokio::test]
async fn output_that_is_no_text_is_refused() {
    let reason = complaint(&script(r"printf '\377\376'")).await;
    assert!(reason.contains("UTF-8"), "{reason}");
}

#[tokio::test]
async fn a_program_that_is_missing_or_not_executable_is_told_with_a_remedy() {
    let reason = complaint(&command(&["/nonexistent/whisper"], PATIENCE)).await;
    assert!(reason.contains("/nonexistent/whisper") && reason.contains("install it"), "{reason}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whisper");
    std::fs::write(&path, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let reason = complaint(&command(&[path.to_str().unwrap()], PATIENCE)).await;
    assert!(reason.contains("make it executable"), "{reason}");
}

#[test]
fn a_command_without_a_program_is_refused_at_the_start() {
    for argv in [vec![], vec![String::new()], vec!["./whisper".to_owned()], vec!["bin/whisper".to_owned()]] {
        let error = CommandTranscriber::new(argv, PATIENCE).unwrap_err().to_string();
        assert!(error.contains("transcription.command"), "{error}");
    }
}

#[tokio::test]
async fn the_environment_is_clean_and_the_folder_is_the_root() {
    let said =
        script("env | cut -d= -f1 | sort | tr '\\n' ' '; pwd").transcribe(b"", "audio/ogg").await.unwrap();
    let (names, folder) = said.rsplit_once(' ').unwrap();
    assert_eq!(folder, "/");
    // What the shell sets for itself is its own.
    let foreign =
        names.split(' ').filter(|name| !matches!(*name, "PATH" | "LANG" | "PWD" | "SHLVL" | "_" | "OLDPWD"));
    assert_eq!(foreign.collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(names.contains("PATH"));
}

#[tokio::test]
async fn arguments_are_not_read_by_a_shell() {
    let said =
        command(&["printf", "%s|", "$HOME", "a b", "; exit 1"], PATIENCE).transcribe(b"", "audio/ogg").await;
    assert_eq!(said.unwrap(), "$HOME|a b|; exit 1|");
}

#[tokio::test]
async fn a_slow_program_is_ended_in_time_and_so_is_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let line = format!("sleep 600 & echo $! > {}; wait", file.display());
    let timeout = Duration::from_millis(500);
    let started = Instant::now();
    let error = command(&["/bin/sh", "-c", &line], timeout).transcribe(b"", "audio/ogg").await.unwrap_err();
    assert!(matches!(error, TranscribeError::Timeout(after) if after == timeout), "{error}");
    assert!(started.elapsed() < PATIENCE);
    assert!(is_gone(&pid_in(&file).await).await);
}

#[tokio::test]
async fn dropping_the_future_ends_the_program_and_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let (leader, other) = (folder.path().join("leader"), folder.path().join("other"));
    let line = format!("sleep 600 & echo $! > {}; echo $$ > {}; wait", other.display(), leader.display());
    let transcriber = script(&line);
    let work = tokio::spawn(async move { transcriber.transcribe(b"", "audio/ogg").await });
    let (leader, other) = (pid_in(&leader).await, pid_in(&other).await);
    assert!(Path::new(&format!("/proc/{other}")).exists());
    work.abort();
    assert!(work.await.unwrap_err().is_cancelled());
    assert!(is_gone(&leader).await);
    assert!(is_gone(&other).await);
}

#[tokio::test]
async fn a_child_left_behind_neither_holds_up_the_answer_nor_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let line = format!("sleep 600 & echo $! > {}; echo words", file.display());
    let text = script(&line).transcribe(b"", "audio/ogg").await.unwrap();
    assert_eq!(text, "words");
    assert!(is_gone(&pid_in(&file).await).await);
}
