//! The manifest of a folder.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What a manifest is called where none is named.
pub(crate) const DEFAULT_MANIFEST: &str = "rolecall.toml";

/// The manifest where none is named: in this folder, or in the nearest one above that has one.
pub(crate) fn nearest_manifest() -> &'static Path {
    static NEAREST: OnceLock<PathBuf> = OnceLock::new();
    NEAREST.get_or_init(|| {
        let here = std::env::current_dir().unwrap_or_default();
        let up = here.ancestors().position(|folder| folder.join(DEFAULT_MANIFEST).is_file());
        // Relative, as people name files: it stays short in messages.
        let ups = std::iter::repeat_n("..", up.unwrap_or_default());
        ups.chain([DEFAULT_MANIFEST]).collect()
    })
}
