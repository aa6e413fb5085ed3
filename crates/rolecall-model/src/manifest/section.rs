//! Where a key stands: a table of the manifest.

/// The table that a key stands in: its path, and whether it is one of several.
#[derive(Default)]
pub(super) struct Section {
    path: String,
    is_list: bool,
}

impl Section {
    /// The section that a key of this one opens.
    pub(super) fn inner(&self, key: &str, is_list: bool) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Section { path, is_list }
    }

    /// The header as TOML writes it; empty for the top level.
    pub(super) fn header(&self) -> String {
        match self {
            Section { path, .. } if path.is_empty() => String::new(),
            Section { path, is_list: false } => format!("[{path}]"),
            Section { path, is_list: true } => format!("[[{path}]]"),
        }
    }
}
