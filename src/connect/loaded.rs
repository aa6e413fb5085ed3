//! A manifest that was read.

use std::path::Path;

use crate::manifest::{Faults, Manifest, ManifestError, Note, Outline};

/// A manifest without faults, and what is to be known of its text.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What reports call it.
    pub name: String,
    /// The manifest.
    pub manifest: Manifest,
    /// Where its keys stand.
    pub outline: Outline,
    /// What is not wrong, and still worth a look.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// The manifest in a file.
    pub fn load(path: &Path) -> Result<Self, ManifestError> {
        let (manifest, notes) = Manifest::load(path)?;
        Ok(Self::new(path.display().to_string(), manifest, Outline::load(path)?, &notes))
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
