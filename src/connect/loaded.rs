//! A manifest that was read.

use std::path::Path;

use crate::manifest::{Faults, Manifest, ManifestError, Note, Outline, read_text};

/// A manifest without faults, and what is to be known of its text.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What reports call it.
    pub name: String,
    pub manifest: Manifest,
    /// Where its keys stand.
    pub outline: Outline,
    /// What is not wrong, and still worth a look.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// The manifest in a file.
    pub fn load(path: &Path) -> Result<Self, ManifestError> {
        Self::load_with_text(path).map(|(loaded, _)| loaded)
    }

    /// The same with the text, for whoever edits it: the file is read once.
    pub fn load_with_text(path: &Path) -> Result<(Self, String), ManifestError> {
        let text = read_text(path)?;
        Ok((Self::parse(&text, &path.display().to_string())?, text))
    }

    /// The manifest that a text is; its files are beside what its name says.
    pub fn parse(text: &str, name: &str) -> Result<Self, Faults> {
        let (manifest, notes) = Manifest::parse(text, name)?;
        Ok(Self::new(name.to_owned(), manifest, Outline::parse(text, name), &notes))
    }

    fn new(name: String, manifest: Manifest, outline: Outline, notes: &[Note]) -> Self {
        Self { name, manifest, outline, warnings: notes.iter().map(ToString::to_string).collect() }
    }
}
