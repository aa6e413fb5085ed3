//! What could come next on a command line.
//!
//! Invariants: nobody is contacted, and nothing is said of what cannot be read: who presses Tab gets fewer words, not an error
//! across the line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap_complete::engine::CompletionCandidate;
use rolecall::aws::profile_names;
use rolecall::catalogue;
use rolecall::iam::lint::FindingId;
use rolecall::manifest::Manifest;

use super::nearest::nearest_manifest;

/// The functions of the manifest.
pub(super) fn targets() -> Vec<CompletionCandidate> {
    let targets = manifest().map(|manifest| manifest.targets).unwrap_or_default();
    targets.iter().map(|target| CompletionCandidate::new(target.to_string())).collect()
}

/// The data actions of the manifest.
pub(super) fn actions() -> Vec<CompletionCandidate> {
    let actions = manifest().map(|manifest| manifest.actions).unwrap_or_default();
    actions.iter().map(|action| CompletionCandidate::new(action.name.to_string())).collect()
}

/// The findings that can be allowed.
pub(super) fn findings() -> Vec<CompletionCandidate> {
    FindingId::ALL.iter().map(|id| described(id.as_str(), id.summary())).collect()
}

/// Everything that has a code.
pub(super) fn codes() -> Vec<CompletionCandidate> {
    catalogue::all().iter().map(|entry| described(entry.code, entry.title)).collect()
}

/// The profiles of the AWS configuration files.
pub(super) fn profiles() -> Vec<CompletionCandidate> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return Vec::new() };
    runtime.block_on(profile_names()).into_iter().map(CompletionCandidate::new).collect()
}

fn described(word: &str, help: &'static str) -> CompletionCandidate {
    CompletionCandidate::new(word).help(Some(help.into()))
}

/// The manifest that the words on the line name, or the environment; else the nearest.
fn manifest() -> Option<Manifest> {
    let words: Vec<OsString> = std::env::args_os().skip_while(|word| word != "--").skip(1).collect();
    let stated = std::env::var_os("ROLECALL_FILE").map(PathBuf::from);
    let path = named(&words).or(stated).unwrap_or_else(|| nearest_manifest().to_owned());
    Manifest::load(&path).ok().map(|(manifest, _)| manifest)
}

/// The value of `--file` among the words of a line that is not finished.
fn named(words: &[OsString]) -> Option<PathBuf> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--file" || text == "-f" {
            // bash gives `--file=a.toml` as three words.
            return words.find(|word| *word != "=").map(PathBuf::from);
        }
        if let Some(path) = text.strip_prefix("--file=") {
            return Some(PathBuf::from(path));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn the_manifest_is_named_in_each_way_that_a_shell_hands_it_over() {
        let named = |words: &[&str]| named(&words.iter().map(Into::into).collect::<Vec<_>>());
        for words in [
            ["rolecall", "--file", "a.toml"].as_slice(),
            &["rolecall", "-f", "a.toml", "target"],
            &["rolecall", "--file=a.toml"],
            &["rolecall", "--file", "=", "a.toml"],
        ] {
            assert_eq!(named(words).as_deref(), Some("a.toml".as_ref()), "{words:?}");
        }
        assert_eq!(named(&["rolecall", "plan", "--file"]), None);
        assert_eq!(named(&["rolecall", "plan"]), None);
    }
}
