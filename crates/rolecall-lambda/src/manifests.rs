//! The manifests of a request.
//!
//! Each has the name of what it came from, so that a report calls it by that: `s3://bucket/team/rolecall.toml` is a path, too.
//! The files that a manifest in S3 names are read from beside it, and never from outside its bucket. Every fault of every
//! manifest is found before the first role is looked at.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use futures_util::{StreamExt as _, stream};
use rolecall::connect::{Loaded, Services};
use rolecall::desired::genesys::is_asked_for;
use rolecall::error_code::ErrorCode;
use rolecall::failure::{CommandError, CommandResult, UsageError};
use rolecall::manifest::{Action, ManifestError, Note, Template};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::connections::Connections;
use crate::stored::{LARGEST, Reference, Stored};

/// Manifests that are read at the same time.
const AT_A_TIME: usize = 16;

/// The manifests, each under a name of its own, in the order in which they were named.
#[derive(Clone, Debug)]
pub(crate) struct Manifests(Vec<(String, Source)>);

#[derive(Clone, Debug)]
enum Source {
    /// The request has the text.
    Here(SecretString),
    /// It is kept somewhere.
    Kept(Reference),
}

/// The manifests of a request as they were read.
pub(crate) struct Opened {
    pub(crate) manifests: Vec<Loaded>,
    /// The files that they name, each by where it is located.
    pub(crate) files: HashMap<PathBuf, String>,
}

impl Manifests {
    /// A text, a reference, or a list of these.
    pub(crate) fn read(stated: &Value) -> anyhow::Result<Self> {
        const FORM: &str = "`manifest` is the text of a rolecall.toml, where it is kept (s3://bucket/key, the ARN of a \
                            parameter or of a secret), or a list of these";
        let texts: Option<Vec<&str>> = match stated {
            Value::String(text) => Some(vec![text]),
            Value::Array(texts) => texts.iter().map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        };
        let texts = texts.filter(|texts| !texts.is_empty()).context(FORM)?;
        let is_one = texts.len() == 1;
        let mut manifests: Vec<(String, Source)> = Vec::new();
        for (index, text) in texts.into_iter().enumerate() {
            let (name, source) = match Reference::parse(text)? {
                Some(reference) => (reference.place(), Source::Kept(reference)),
                None if is_one => ("rolecall.toml".to_owned(), Source::Here(text.into())),
                None => (format!("rolecall-{}.toml", index + 1), Source::Here(text.into())),
            };
            if manifests.iter().any(|(known, _)| *known == name) {
                bail!("`manifest` names `{name}` more than once");
            }
            manifests.push((name, source));
        }
        Ok(Self(manifests))
    }

    /// What reports call them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Whether every name is that of a place, and the same whatever stands there.
    pub(crate) fn are_kept(&self) -> bool {
        self.0.iter().all(|(_, source)| matches!(source, Source::Kept(_)))
    }

    /// Those with these names.
    pub(crate) fn only(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect())
    }

    /// Reads each of them by itself, without the files that they name: one that is gone keeps none of the others from its turn.
    pub(crate) async fn open_each(&self, connections: &Connections) -> Vec<anyhow::Result<Loaded>> {
        let each = stream::iter(&self.0).map(async |(name, source)| {
            let Read { manifest, files: _ } = open(name, source, Services::Aws, connections).await?;
            Ok(manifest?)
        });
        each.buffered(AT_A_TIME).collect().await
    }

    /// Reads all of them, with the files that they name where Genesys Cloud is looked at, or says everything that is in the way.
    pub(crate) async fn open(&self, services: Services, connections: &Connections) -> CommandResult<Opened> {
        let each = stream::iter(&self.0).map(|(name, source)| open(name, source, services, connections));
        let results: Vec<anyhow::Result<Read>> = each.buffered(AT_A_TIME).collect().await;
        let (mut reads, mut unread) = (Vec::new(), Vec::new());
        for result in results {
            match result {
                Ok(read) => reads.push(read),
                Err(error) => unread.push(format!("{error:#}")),
            }
        }
        if !unread.is_empty() {
            return Err(CommandError::failed(ErrorCode::Local, unread.join("\n")));
        }
        let mut opened = Opened { manifests: Vec::new(), files: HashMap::new() };
        let mut faults = Vec::new();
        for Read { manifest, files } in reads {
            opened.files.extend(files);
            match manifest {
                Ok(manifest) => {
                    faults.extend(connections.allowed().faults(&manifest));
                    opened.manifests.push(manifest);
                }
                Err(error) => faults.push(error.to_string()),
            }
        }
        match faults.as_slice() {
            [] => Ok(opened),
            faults => Err(UsageError::coded(ErrorCode::ManifestInvalid, faults.join("\n"), None).into()),
        }
    }
}

/// A manifest that was read, and may be wrong; and the files that it names.
struct Read {
    manifest: Result<Loaded, ManifestError>,
    files: Vec<(PathBuf, String)>,
}

async fn open(
    name: &str,
    source: &Source,
    services: Services,
    connections: &Connections,
) -> anyhow::Result<Read> {
    let (text, is_secret) = match source {
        Source::Kept(reference) => {
            let Stored { text, is_secret } = reference.read(connections.aws().await?).await?;
            (text, is_secret)
        }
        Source::Here(text) => (text.clone(), false),
    };
    let mut files = Vec::new();
    let loaded = match parse(text.expose_secret(), name) {
        Ok(loaded) => loaded,
        // It may be another secret, put here by mistake.
        Err(error) if is_secret => {
            let line = line_of(&error).map(|line| format!(", line {line}")).unwrap_or_default();
            bail!(
                "`{name}` is not a manifest{line}; what is wrong with it is not shown, because it is kept as a secret"
            );
        }
        Err(error) => return Ok(Read { manifest: Err(error), files }),
    };
    let manifest = &loaded.manifest;
    if services == Services::Both && is_asked_for(manifest) {
        for file in manifest.actions.iter().flat_map(named_files).collect::<BTreeSet<&Path>>() {
            files.push((manifest.locate(file), read_beside(name, source, file, connections).await?));
        }
    }
    Ok(Read { manifest: Ok(loaded), files })
}

fn parse(text: &str, name: &str) -> Result<Loaded, ManifestError> {
    if text.len() > LARGEST {
        let reason = format!("it has {} bytes, and a manifest never has more than {LARGEST}", text.len());
        return Err(ManifestError::NotText { path: name.into(), reason });
    }
    Ok(Loaded::parse(text, name)?)
}

/// The line of the first fault.
fn line_of(error: &ManifestError) -> Option<usize> {
    let ManifestError::Invalid(faults) = error else { return None };
    let Note { place, .. } = faults.0.first()?;
    place.as_ref().map(|place| place.line)
}

/// The text of a file that a manifest names.
async fn read_beside(
    name: &str,
    source: &Source,
    file: &Path,
    connections: &Connections,
) -> anyhow::Result<String> {
    let Source::Kept(Reference::Object { bucket, key, .. }) = source else {
        bail!(
            "`{name}` names the file `{}`, and only a manifest in S3 can name files: keep it there, or write \
             templates into it",
            file.display()
        );
    };
    let key = beside(key, file).with_context(|| {
        format!("`{name}` names the file `{}`, which is not in its bucket", file.display())
    })?;
    let reference = Reference::Object { bucket: bucket.clone(), key, version: None };
    let stored = reference.read(connections.aws().await?).await;
    let stored = stored.with_context(|| format!("`{name}` names a file"))?;
    Ok(stored.text.expose_secret().to_owned())
}

fn named_files(action: &Action) -> impl Iterator<Item = &Path> {
    let templates = [&action.request_template, &action.success_template].into_iter();
    let templates = templates.filter_map(|template| match template {
        Template::File(file) => Some(file),
        Template::Text(_) => None,
    });
    let schemas = [&action.input_schema, &action.output_schema].into_iter();
    schemas.chain(templates).chain(&action.test_input).map(AsRef::as_ref)
}

/// The key of a file that the manifest of that key names; `None` where it would be outside the bucket.
fn beside(key: &str, file: &Path) -> Option<String> {
    let mut parts: Vec<&str> = key.split('/').collect();
    parts.pop();
    for component in file.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names() {
        let parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/orders";
        for (stated, names) in [
            (json!("version = 1"), vec!["rolecall.toml"]),
            (json!(["version = 1"]), vec!["rolecall.toml"]),
            (json!("s3://bucket/a.toml?versionId=1"), vec!["s3://bucket/a.toml"]),
            (json!([parameter, "version = 1"]), vec![parameter, "rolecall-2.toml"]),
        ] {
            let manifests = Manifests::read(&stated).unwrap();
            assert_eq!(manifests.names().collect::<Vec<_>>(), names);
            assert_eq!(manifests.are_kept(), !names.iter().any(|name| name.starts_with("rolecall")));
        }
    }

    #[test]
    fn what_names_none() {
        for (stated, part) in [
            (json!(null), "or a list of these"),
            (json!([]), "or a list of these"),
            (json!(["version = 1", 2]), "or a list of these"),
            (json!("s3://bucket"), "s3://bucket/key"),
            (json!(["s3://bucket/a", "s3://bucket/a?versionId=2"]), "`s3://bucket/a` more than once"),
        ] {
            let error = Manifests::read(&stated).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn files_stay_in_their_bucket() {
        for (file, key) in [
            ("schemas/a.json", Some("team/one/schemas/a.json")),
            ("./a.json", Some("team/one/a.json")),
            ("../../a.json", Some("a.json")),
            ("../../../a.json", None),
            ("schemas/../../../../a.json", None),
            ("/etc/passwd", None),
        ] {
            assert_eq!(beside("team/one/rolecall.toml", Path::new(file)).as_deref(), key, "{file}");
        }
    }
}
