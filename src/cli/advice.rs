//! Commands that messages advise, with the options that lead to the manifest and the AWS of this run.
//!
//! Deliberately absent: the hints of `failure`, which the function says too and which name no manifest.

use std::path::Path;

use super::options::{AwsOptions, CommonOptions, nearest_manifest};

/// Where an advised command leads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Advice<'a> {
    pub(crate) file: &'a Path,
    pub(crate) sandbox: bool,
}

impl<'a> From<&'a AwsOptions> for Advice<'a> {
    fn from(options: &'a AwsOptions) -> Self {
        Self { file: options.common.file(), sandbox: options.sandbox }
    }
}

impl<'a> From<&'a CommonOptions> for Advice<'a> {
    fn from(options: &'a CommonOptions) -> Self {
        Self { file: options.file(), sandbox: false }
    }
}

impl Advice<'_> {
    /// The command, such as `plan`, as it can be pasted into a shell.
    pub(crate) fn command(self, command: &str) -> String {
        let file = match self.file == nearest_manifest() {
            true => String::new(),
            false => format!(" --file {}", quoted(&self.file.display().to_string())),
        };
        let sandbox = if self.sandbox { " --sandbox" } else { "" };
        format!("`rolecall {command}{file}{sandbox}`")
    }
}

/// A word of a POSIX shell.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./,:@%+=".contains(letter);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advised_command_names_the_manifest_and_the_sandbox_of_this_run() {
        for (file, sandbox, command) in [
            ("rolecall.toml", false, "`rolecall plan`"),
            ("rolecall.toml", true, "`rolecall plan --sandbox`"),
            ("live.toml", false, "`rolecall plan --file live.toml`"),
            ("a b/it's.toml", true, r"`rolecall plan --file 'a b/it'\''s.toml' --sandbox`"),
        ] {
            assert_eq!(Advice { file: Path::new(file), sandbox }.command("plan"), command);
        }
    }
}
