//! `--report FORMAT=PATH`: the result of a run in further formats, each in a file of its own.
//!
//! [`check`] refuses paths before anything is contacted: none of them may be a file that the command reads or writes otherwise, and
//! none may be certain to fail. What it refuses is never written to, not even with the error. The printer writes the files.
//!
//! Not known here are files that the manifest or an AWS profile names.

use std::env;
use std::path::{Path, PathBuf, is_separator};

use rolecall::aws::configuration_files;
use rolecall::desired::template::REPLACEABLE;
use rolecall::failure::{CommandResult, UsageError};
use rolecall::report::Format;

use super::common;
use super::context::sandbox_file;
use super::fleet;
use super::input::is_standard_input;
use super::options::{Command, CommonOptions, ReportFile};

/// The files of the command that the result also goes to, where each of them can be one.
pub(super) fn check(command: &Command) -> CommandResult<&[ReportFile]> {
    let Some(Stated { reports, others, certificates }) = stated(command) else { return Ok(&[]) };
    if reports.is_empty() {
        return Ok(reports);
    }
    let others = others.into_iter().filter_map(|(path, what)| Some((path?.to_path_buf(), what)));
    let manifests = common(command).into_iter().flat_map(of_manifests);
    let taken = manifests.chain(others).chain(of_the_environment());
    let taken: Vec<(PathBuf, &'static str)> = taken.map(|(path, what)| (place(&path), what)).collect();
    let certificates = certificates.map(place);
    let mut known: Vec<PathBuf> = Vec::new();
    for ReportFile { format, path } in reports {
        refuse_what_cannot_be_written(*format, path)?;
        let place = place(path);
        if let Some((_, what)) = taken.iter().find(|(taken, _)| *taken == place) {
            let message = format!("`--report` would replace {what} `{}`", path.display());
            return Err(UsageError::new(message, Some("name another file for the report")).into());
        }
        if certificates.as_ref().is_some_and(|folder| place.starts_with(folder)) {
            let message =
                format!("the report `{}` is in the folder that `--smtlib` writes to", path.display());
            return Err(UsageError::new(message, Some("name a file in another folder")).into());
        }
        if known.contains(&place) {
            let message = format!("two reports cannot be one file: `{}`", path.display());
            return Err(UsageError::new(message, Some("name a file for each format")).into());
        }
        known.push(place);
    }
    Ok(reports)
}

fn refuse_what_cannot_be_written(format: Format, path: &Path) -> Result<(), UsageError> {
    let shown = path.display();
    let refused = |message: String, hint: &'static str| Err(UsageError::new(message, Some(hint)));
    if is_standard_input(path) {
        let name = format.name();
        let message =
            format!("`--report {name}=-` names no file; `--output {name}` prints to standard output");
        return Err(UsageError::new(message, None));
    }
    if path.file_name().is_none() {
        return refused(format!("`--report` needs a file, and `{shown}` is not one"), "use FORMAT=PATH");
    }
    // The path alone would forget it.
    let text = path.to_string_lossy();
    if text.ends_with(is_separator) || text.strip_suffix('.').is_some_and(|it| it.ends_with(is_separator)) {
        return refused(
            format!("`{shown}` names a folder, and a report is a file"),
            "name a file in the folder",
        );
    }
    if !folder(path).is_dir() {
        return refused(
            format!("the folder of the report `{shown}` does not exist"),
            "create the folder first; rolecall creates the file alone",
        );
    }
    if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return refused(
            format!("the report `{shown}` is not an ordinary file (a symbolic link is not followed)"),
            "name a new file, or one that may be replaced",
        );
    }
    Ok(())
}

/// What the command line of a command with reports says of files.
struct Stated<'a> {
    reports: &'a [ReportFile],
    /// What is read, or written for something else.
    others: Vec<(Option<&'a Path>, &'static str)>,
    /// The folder of certificates, whose files are replaced.
    certificates: Option<&'a Path>,
}

/// `None` for a command that has no reports.
fn stated(command: &Command) -> Option<Stated<'_>> {
    Some(match command {
        Command::Plan(options) => Stated {
            reports: &options.to.reports,
            others: vec![(options.out.as_deref(), "the saved plan")],
            certificates: options.smtlib.as_deref(),
        },
        Command::Apply(options) => Stated {
            reports: &options.to.reports,
            others: vec![(options.plan.as_deref(), "the saved plan")],
            certificates: None,
        },
        Command::Verify(options) => Stated {
            reports: &options.to.reports,
            others: Vec::new(),
            certificates: options.smtlib.as_deref(),
        },
        Command::Drift(options) => {
            Stated { reports: &options.to.reports, others: Vec::new(), certificates: None }
        }
        Command::Prove(options) => Stated {
            reports: &options.reports,
            others: vec![
                (Some(&options.file), "the file to prove"),
                (options.boundary_policy.as_deref(), "the policy of the boundary"),
            ],
            certificates: options.smtlib.as_deref(),
        },
        Command::Init(_)
        | Command::Destroy(_)
        | Command::Target(_)
        | Command::Boundary(_)
        | Command::Doctor(_)
        | Command::Render(_)
        | Command::Simulate(_)
        | Command::Audit(_)
        | Command::Explain(_)
        | Command::Genesys(_)
        | Command::Handover(_)
        | Command::Sandbox(_)
        | Command::Completions { .. }
        | Command::Man { .. } => return None,
    })
}

/// The manifests, and what lies beside them or replaces a template of them.
fn of_manifests(common: &CommonOptions) -> Vec<(PathBuf, &'static str)> {
    let manifests = match common.files.as_slice() {
        [] => vec![common.file().to_path_buf()],
        // What cannot be listed is told where the manifests are read.
        named => fleet::files_of(named).unwrap_or_else(|_| named.to_vec()),
    };
    let states = manifests.iter().map(|path| (sandbox_file(path), "the state of the sandbox"));
    let mut all: Vec<_> = states.collect();
    all.extend(manifests.into_iter().map(|path| (path, "the manifest")));
    let templates = common.policies.iter().flat_map(|folder| REPLACEABLE.map(|name| folder.join(name)));
    all.extend(templates.map(|path| (path, "the template")));
    all
}

/// The files that lead to AWS and Genesys Cloud, or prove who the caller is.
fn of_the_environment() -> impl Iterator<Item = (PathBuf, &'static str)> {
    let configuration = configuration_files().into_iter().map(|path| (path, "the AWS configuration"));
    let stated = FILES.into_iter().filter_map(|(variable, what)| Some((env::var_os(variable)?.into(), what)));
    configuration.chain(stated)
}

/// Variables that name a file.
const FILES: [(&str, &str); 4] = [
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "the token in AWS_WEB_IDENTITY_TOKEN_FILE"),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "the token in AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
    ("AWS_CA_BUNDLE", "the certificates in AWS_CA_BUNDLE"),
    ("SSL_CERT_FILE", "the certificates in SSL_CERT_FILE"),
];

/// Where a path leads, by whatever name: two paths with one place are one file.
fn place(path: &Path) -> PathBuf {
    let named = || Some(folder(path).canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(named).unwrap_or_else(|| path.to_path_buf())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
