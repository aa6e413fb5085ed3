//! The manifests of a request, as files.
//!
//! Each lies in the request's folder under the name of what it came from, so that a report calls it by that:
//! `s3://bucket/team/rolecall.toml` is a path, too. The files that a manifest in S3 names are read from beside it, and never
//! from outside its bucket. Every fault of every manifest is found before the first role is looked at.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use anyhow::{Context as _, bail};
use futures_util::{StreamExt as _, stream};
use rolecall::desired::genesys::is_asked_for;
use rolecall::manifest::{Action, Manifest, Note, Template};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::connections::Connections;
use crate::stored::{Reference, Stored};

/// Manifests that are read at the same time.
const AT_A_TIME: usize = 16;

/// The manifests, each under a name of its own, in the order in which they were named.
#[derive(Debug)]
pub(crate) struct Manifests(Vec<(String, Source)>);

#[derive(Debug)]
enum Source {
    /// The request has the text.
    Here(SecretString),
    /// It is kept somewhere.
    Kept(Reference),
}

/// Which files are needed beside the manifests themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needed {
    /// What the data actions are made of.
    ActionFiles,
    /// None: Genesys Cloud is not looked at.
    Nothing,
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

    /// Writes all of them into the working directory, with the files that they name, or says everything that is in the way.
    pub(crate) async fn lay_out(&self, needed: Needed, connections: &Connections) -> Result<(), String> {
        let each = stream::iter(&self.0).map(|(name, source)| lay_out(name, source, needed, connections));
        let results: Vec<anyhow::Result<()>> = each.buffered(AT_A_TIME).collect().await;
        let faults: Vec<anyhow::Error> = results.into_iter().filter_map(Result::err).collect();
        match faults.as_slice() {
            [] => Ok(()),
            faults => Err(faults.iter().map(|fault| format!("{fault:#}")).collect::<Vec<_>>().join("\n")),
        }
    }
}

async fn lay_out(
    name: &str,
    source: &Source,
    needed: Needed,
    connections: &Connections,
) -> anyhow::Result<()> {
    let (text, is_secret) = match source {
        Source::Kept(reference) => {
            let Stored { text, is_secret } = reference.read(connections.aws().await).await?;
            (text, is_secret)
        }
        Source::Here(text) => (text.clone(), false),
    };
    let text = text.expose_secret();
    let manifest = match Manifest::parse(text, name) {
        Ok((manifest, _)) => manifest,
        // It may be another secret, put here by mistake.
        Err(faults) if is_secret => {
            let place = |note: &Note| note.place.as_ref().map(|place| format!(", line {}", place.line));
            let line = faults.0.first().and_then(place).unwrap_or_default();
            bail!(
                "`{name}` is no manifest{line}; what is wrong with it is not shown, because it is kept as a secret"
            );
        }
        // The command says what is wrong with it, and with the others.
        Err(_) => return write(name, text),
    };
    write(name, text)?;
    if needed == Needed::Nothing || !is_asked_for(&manifest) {
        return Ok(());
    }
    for file in manifest.actions.iter().flat_map(files).collect::<BTreeSet<&Path>>() {
        let Source::Kept(Reference::Object { bucket, key, .. }) = source else {
            bail!(
                "`{name}` names the file `{}`, and only a manifest in S3 has files beside it: keep it there, or write \
                 templates into it",
                file.display()
            );
        };
        let key = beside(key, file).with_context(|| {
            format!("`{name}` names the file `{}`, which is not in its bucket", file.display())
        })?;
        let reference = Reference::Object { bucket: bucket.clone(), key, version: None };
        let stored = reference.read(connections.aws().await).await;
        let stored = stored.with_context(|| format!("`{name}` names a file"))?;
        write(&reference.place(), stored.text.expose_secret())?;
    }
    Ok(())
}

/// The files that an action names.
fn files(action: &Action) -> impl Iterator<Item = &Path> {
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

/// Writes a file of the request.
pub(crate) fn write(name: &str, text: &str) -> anyhow::Result<()> {
    let folder = Path::new(name).parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(name, text))
        .with_context(|| format!("cannot write `{name}` into the function's own folder"))
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
