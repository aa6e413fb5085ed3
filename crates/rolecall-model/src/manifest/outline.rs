//! Where the keys of a manifest stand, so that what is found in AWS can be shown at the line that asks for something
//! else.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::note::Notes;
use super::{ManifestError, read_text};

/// A place in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Position {
    /// The file as the user named it.
    pub file: String,
    /// The line, counted from one.
    pub line: usize,
    /// The column in characters, counted from one.
    pub column: usize,
}

/// The places of a manifest's keys, by their path: `role.tags.team`, `target.0.function`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    file: String,
    places: BTreeMap<String, (usize, usize)>,
}

/// The path of a table by its name. No key of TOML that is read here has brackets.
fn named(array: &str, name: &str) -> String {
    format!("{array}[{name}]")
}

impl Outline {
    /// The places in a file.
    pub fn load(path: &Path) -> Result<Self, ManifestError> {
        Ok(Self::parse(&read_text(path)?, &path.display().to_string()))
    }

    /// The places in a text. What is not TOML has none.
    pub fn parse(text: &str, file: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut outline = Self { file: file.to_owned(), places: BTreeMap::new() };
        if let Ok(table) = DeTable::parse(text) {
            outline.read_table(table.get_ref(), "", &Notes::new(file, text));
        }
        outline
    }

    /// Where the table of this name stands, in an array of tables with names; else where the array stands.
    pub fn position_of(&self, array: &str, name: &str) -> Position {
        match self.places.get(&named(array, name)) {
            Some((line, column)) => Position { file: self.file.clone(), line: *line, column: *column },
            None => self.position(array),
        }
    }

    /// Where this key stands; else where the table that it belongs to stands; else the top of the file. What a role without functions
    /// may do stands in its grants.
    pub fn position(&self, path: &str) -> Position {
        let mut path = path;
        let (line, column) = loop {
            match (self.places.get(path), path.rsplit_once('.')) {
                (Some(place), _) => break *place,
                (None, Some((outer, _))) => path = outer,
                (None, None) if path == "target" => path = "grant",
                (None, None) => break (1, 1),
            }
        };
        Position { file: self.file.clone(), line, column }
    }

    fn read_table(&mut self, table: &DeTable<'_>, path: &str, notes: &Notes<'_>) {
        for (key, value) in table {
            let name = key.get_ref();
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            self.insert(&path, &key.span(), notes);
            self.read_value(value, &path, notes);
        }
    }

    fn read_value(&mut self, value: &Spanned<DeValue<'_>>, path: &str, notes: &Notes<'_>) {
        match value.get_ref() {
            DeValue::Table(table) => self.read_table(table, path, notes),
            DeValue::Array(array) => {
                for (index, element) in array.iter().enumerate() {
                    let (outer, path) = (path, format!("{path}.{index}"));
                    self.insert(&path, &element.span(), notes);
                    if let DeValue::Table(table) = element.get_ref()
                        && let Some(DeValue::String(name)) = table.get("name").map(Spanned::get_ref)
                    {
                        self.insert(&named(outer, name), &element.span(), notes);
                    }
                    self.read_value(element, &path, notes);
                }
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }

    fn insert(&mut self, path: &str, span: &std::ops::Range<usize>, notes: &Notes<'_>) {
        let place = notes.place(span);
        self.places.insert(path.to_owned(), (place.line, place.column));
    }
}

#[cfg(test)]
mod tests {
    use super::Outline;

    const TEXT: &str = "version = 1\n\n[genesys]\nregion = \"us-east-1\"\n  organization_id = \"x\"\n\n\
                        [role]\nname = \"n\"\ntags = { \"a.b\" = \"1\", team = \"2\" }\n\n\
                        [[target]]\nfunction = \"f\"\n[[target]]\nqualifier = \"live\"\nfunction = \"g\"\n";

    #[track_caller]
    fn check(path: &str, line: usize, column: usize) {
        let position = Outline::parse(TEXT, "rolecall.toml").position(path);
        assert_eq!((position.line, position.column), (line, column), "{path}");
    }

    #[test]
    fn every_key_has_its_place_and_what_is_left_out_that_of_its_table() {
        check("version", 1, 1);
        check("genesys", 3, 2);
        check("genesys.organization_id", 5, 3);
        check("genesys.trusted_account", 3, 2);
        check("role", 7, 2);
        check("role.tags.team", 9, 23);
        check("role.tags.a.b", 9, 10);
        check("role.tags.rolecall:role", 9, 1);
        check("role.permissions_boundary", 7, 2);
        check("target.1.function", 15, 1);
        check("target.1.region", 13, 1);
        check("verify.probe_principal", 1, 1);
    }
}
