//! The files that a manifest's actions name: schemas, templates and test inputs, read and checked, or every fault at once.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::desired::check::{Misfit, Part, misfits};
use crate::desired::contract::{ContractFault, input_faults, output_faults};
use crate::manifest::{Action, Manifest, Template};
use crate::ports::genesys::Contract;
use rolecall_model::file;

/// What the files of one action hold.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionSources {
    /// The schemas.
    pub contract: Contract,
    /// The template of the request's body.
    pub request_template: String,
    /// The template of the result.
    pub success_template: String,
    /// The input of a test, where the manifest names one.
    pub test_input: Option<Map<String, Value>>,
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFault {
    pub file: PathBuf,
    /// Where in it: a line and a column, or a JSON pointer; empty for the file as a whole.
    pub place: String,
    /// What is wrong, and the way out.
    pub message: String,
}

impl fmt::Display for SourceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place, message } = self;
        let separator = if place.is_empty() { "" } else { ":" };
        write!(f, "{}{separator}{place}: {message}", file.display())
    }
}

/// Everything that is wrong with the files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct SourceFaults(pub Vec<SourceFault>);

/// A schema, a template or an input is a few kilobytes; whatever is larger was named by mistake.
const MAX_BYTES: usize = 1024 * 1024;

/// Reads the text of a file, or says why not.
type Read<'r> = &'r dyn Fn(&Path) -> Result<String, String>;

/// Reads the files of every action, in the manifest's order.
pub fn read_sources(manifest: &Manifest, read: Read<'_>) -> Result<Vec<ActionSources>, SourceFaults> {
    let mut reader = Reader { manifest, read, faults: Vec::new() };
    let sources: Vec<ActionSources> =
        manifest.actions.iter().filter_map(|action| reader.action(action)).collect();
    // Actions may share a file; its faults are told once.
    let mut faults: Vec<SourceFault> = Vec::new();
    for fault in reader.faults {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    if faults.is_empty() { Ok(sources) } else { Err(SourceFaults(faults)) }
}

/// Reads one file with the input of a test.
pub fn read_input(path: &Path, read: Read<'_>) -> Result<Map<String, Value>, SourceFault> {
    let fault = |place: String, message: String| SourceFault { file: path.to_path_buf(), place, message };
    let text = read(path).map_err(|message| fault(String::new(), message))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(input)) => Ok(input),
        Ok(_) => Err(fault(String::new(), "the input of an action is a JSON object".to_owned())),
        Err(error) => Err(json_fault(path, &error)),
    }
}

struct Reader<'m> {
    manifest: &'m Manifest,
    read: Read<'m>,
    faults: Vec<SourceFault>,
}

impl Reader<'_> {
    fn action(&mut self, action: &Action) -> Option<ActionSources> {
        let input = self.schema(&action.input_schema, input_faults);
        let output = self.schema(&action.output_schema, output_faults);
        let request_template = self.template(&action.request_template);
        let success_template = self.template(&action.success_template);
        let before = self.faults.len();
        let test_input = match &action.test_input {
            None => Some(None),
            Some(file) => match read_input(&self.manifest.locate(file), self.read) {
                Ok(input) => Some(Some(input)),
                Err(fault) => {
                    self.faults.push(fault);
                    None
                }
            },
        };
        let sources = ActionSources {
            contract: Contract { input: input?, output: output? },
            request_template: request_template?,
            success_template: success_template?,
            test_input: test_input?,
        };
        // A file that is wrong by itself is told first, and alone.
        if self.faults.len() == before {
            let faults = misfits(action, &sources).into_iter().map(|misfit| self.fault_of(action, misfit));
            let faults: Vec<SourceFault> = faults.collect();
            self.faults.extend(faults);
        }
        Some(sources)
    }

    /// The file that is to be corrected; what stands in the manifest itself names the action.
    fn fault_of(&self, action: &Action, Misfit { part, message }: Misfit) -> SourceFault {
        let file_of = |template: &Template| match template {
            Template::Text(_) => None,
            Template::File(file) => Some(file.clone()),
        };
        let file = match part {
            Part::TestInput => action.test_input.clone(),
            Part::RequestTemplate => file_of(&action.request_template),
            Part::SuccessTemplate => file_of(&action.success_template),
            Part::TranslationMap | Part::Headers => None,
        };
        let place = String::new();
        match file {
            Some(file) => SourceFault { file: self.manifest.locate(&file), place, message },
            None => {
                SourceFault { file: PathBuf::from(format!("[[action]] `{}`", action.name)), place, message }
            }
        }
    }

    fn schema(&mut self, file: &Path, check: fn(&Value) -> Vec<ContractFault>) -> Option<Value> {
        let path = self.manifest.locate(file);
        let text = self.text(&path)?;
        match serde_json::from_str(&text) {
            Ok(schema) => {
                let fault = |ContractFault { pointer, message }| SourceFault {
                    file: path.clone(),
                    place: pointer,
                    message,
                };
                self.faults.extend(check(&schema).into_iter().map(fault));
                Some(schema)
            }
            Err(error) => {
                self.faults.push(json_fault(&path, &error));
                None
            }
        }
    }

    fn template(&mut self, template: &Template) -> Option<String> {
        match template {
            Template::Text(text) => Some(text.clone()),
            Template::File(file) => self.text(&self.manifest.locate(file)),
        }
    }

    fn text(&mut self, path: &Path) -> Option<String> {
        (self.read)(path)
            .map_err(|message| {
                self.faults.push(SourceFault { file: path.to_path_buf(), place: String::new(), message });
            })
            .ok()
    }
}

fn json_fault(path: &Path, error: &serde_json::Error) -> SourceFault {
    SourceFault {
        file: path.to_path_buf(),
        place: format!("{}:{}", error.line(), error.column()),
        message: format!("this is not JSON: {error}"),
    }
}

/// The text of a file on disk.
pub fn read_file(path: &Path) -> Result<String, String> {
    file::read_text(path, MAX_BYTES).map_err(|error| match error.kind() {
        std::io::ErrorKind::FileTooLarge => {
            format!("the file has more than {MAX_BYTES} bytes; check the path")
        }
        _ => format!("cannot read the file: {error}"),
    })
}
