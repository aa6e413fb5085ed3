//! The files that a command line names to be written: `--report FORMAT=PATH`, `--out FILE`, and the files of folders.
//!
//! [`check`] refuses paths before anything is contacted: none of them may be a file that the command reads or writes otherwise, and
//! none may be certain to fail. What it refuses is never written to, not even with the error. The printer writes the files.
//!
//! Not known here are files that an AWS profile names.

use std::env;
use std::path::{Path, PathBuf, is_separator};

use rolecall::aws::configuration_files;
use rolecall::desired::template::REPLACEABLE;
use rolecall::failure::{CommandResult, UsageError};

use super::common;
use super::context::sandbox_file;
use super::fleet;
use super::input::is_standard_input;
use super::options::{ActionCommand, Command, CommonOptions, GenesysCommand, HandoverCommand, ReportFile};
use super::overwrite::{FileKind, Guard, folder, place};

/// The files of the command that the result also goes to, where each of them can be one; and what else it may replace.
pub(super) fn check(command: &Command) -> CommandResult<(Guard, &[ReportFile])> {
    let Some(stated) = stated(command) else { return Ok(Default::default()) };
    let manifests = common(command).map(manifests).unwrap_or_default();
    let kept = common(command).into_iter().flat_map(|common| beside(common, &manifests));
    let read = stated.read.iter().filter_map(|(path, what)| Some(((*path)?.to_path_buf(), *what)));
    let kept = kept.chain(read).chain(of_the_environment());
    let kept = kept.map(|(path, what)| (place(&path), what)).collect();
    let guard = Guard { kept, manifests, force: stated.force };
    let certificates = stated.certificates.map(place);
    let mut known: Vec<(PathBuf, FileKind)> = Vec::new();
    let reports = stated.reports.iter().map(|report| (report.path.as_path(), FileKind::Report));
    let out = stated.out.into_iter();
    for (path, kind) in out.chain(reports) {
        refuse_what_names_no_file(command, path, kind)?;
        let place = place(path);
        let (noun, option, shown) = (kind.noun(), kind.option(), path.display());
        if certificates.as_ref().is_some_and(|folder| place.starts_with(folder)) {
            let message = format!("the {noun} `{shown}` is in the folder that `--smtlib` writes to");
            return Err(UsageError::new(message, Some("name a file in another folder")).into());
        }
        match known.iter().find(|(known, _)| *known == place) {
            Some((_, FileKind::Report)) => {
                let message = format!("two reports cannot be one file: `{shown}`");
                return Err(UsageError::new(message, Some("name a file for each format")).into());
            }
            Some((_, other)) => {
                let message = format!("`{option}` would replace the {} `{shown}`", other.noun());
                return Err(
                    UsageError::new(message, Some(&format!("name another file for the {noun}"))).into()
                );
            }
            None => known.push((place, kind)),
        }
        guard.check(path, kind)?;
    }
    Ok((guard, stated.reports))
}

fn refuse_what_names_no_file(command: &Command, path: &Path, kind: FileKind) -> Result<(), UsageError> {
    let (noun, option, shown) = (kind.noun(), kind.option(), path.display());
    let refused = |message: String, hint: &str| Err(UsageError::new(message, Some(hint)));
    if is_standard_input(path) {
        return match kind {
            FileKind::Report => refused(
                format!("`{option} FORMAT=-` names no file"),
                "`--output FORMAT` prints the result to standard output",
            ),
            FileKind::Handover | FileKind::Action => refused(
                format!("`{option} -` names no file"),
                &format!("leave `{option}` out: `rolecall {}` then prints it", super::name(command)),
            ),
            FileKind::Plan | FileKind::Certificate | FileKind::ManualPage => {
                refused(format!("`{option} -` names no file"), &format!("name a file for the {noun}"))
            }
        };
    }
    if path.file_name().is_none() {
        return refused(
            format!("`{option}` needs a file, and `{shown}` is not one"),
            &format!("name a file for the {noun}"),
        );
    }
    // The path alone would forget it.
    let text = path.to_string_lossy();
    if text.ends_with(is_separator) || text.strip_suffix('.').is_some_and(|it| it.ends_with(is_separator)) {
        return refused(
            format!("`{shown}` names a folder, and a {noun} is a file"),
            "name a file in the folder",
        );
    }
    if !folder(path).is_dir() {
        return refused(
            format!("the folder of the {noun} `{shown}` does not exist"),
            "create the folder first; rolecall creates the file alone",
        );
    }
    Ok(())
}

/// What a command line says of files.
#[derive(Default)]
struct Stated<'a> {
    reports: &'a [ReportFile],
    /// The file beside them.
    out: Option<(&'a Path, FileKind)>,
    read: Vec<(Option<&'a Path>, &'static str)>,
    /// The folder of certificates, whose files are replaced.
    certificates: Option<&'a Path>,
    /// Whether files are replaced that rolecall did not write.
    force: bool,
}

/// `None` for a command that writes no file but the manifest.
fn stated(command: &Command) -> Option<Stated<'_>> {
    Some(match command {
        Command::Plan(options) => Stated {
            reports: &options.to.reports,
            out: options.out.as_deref().map(|path| (path, FileKind::Plan)),
            certificates: options.smtlib.as_deref(),
            force: options.to.force,
            ..Stated::default()
        },
        Command::Apply(options) => Stated {
            reports: &options.to.reports,
            read: vec![(options.plan.as_deref(), "the saved plan")],
            force: options.to.force,
            ..Stated::default()
        },
        Command::Verify(options) => Stated {
            reports: &options.to.reports,
            certificates: options.smtlib.as_deref(),
            force: options.to.force,
            ..Stated::default()
        },
        Command::Drift(options) => {
            Stated { reports: &options.to.reports, force: options.to.force, ..Stated::default() }
        }
        Command::Prove(options) => Stated {
            reports: &options.reports,
            read: vec![
                (Some(&options.file), "the file to prove"),
                (options.boundary_policy.as_deref(), "the policy of the boundary"),
            ],
            certificates: options.smtlib.as_deref(),
            force: options.force,
            ..Stated::default()
        },
        Command::Handover(HandoverCommand::Write(options)) => Stated {
            out: options.out.as_deref().map(|path| (path, FileKind::Handover)),
            force: options.force,
            ..Stated::default()
        },
        Command::Genesys(GenesysCommand::Action(ActionCommand::Export { out, force, .. })) => Stated {
            out: out.as_deref().map(|path| (path, FileKind::Action)),
            force: *force,
            ..Stated::default()
        },
        // These write to folders.
        Command::Render(options) => Stated { force: options.force, ..Stated::default() },
        Command::Man { dir: _, force } => Stated { force: *force, ..Stated::default() },
        Command::Init(_)
        | Command::Destroy(_)
        | Command::Target(_)
        | Command::Boundary(_)
        | Command::Doctor(_)
        | Command::Simulate(_)
        | Command::Audit(_)
        | Command::Explain(_)
        | Command::Genesys(
            GenesysCommand::Whoami(_)
            | GenesysCommand::Connect(_)
            | GenesysCommand::Audit(_)
            | GenesysCommand::Metrics(_)
            | GenesysCommand::Action(
                ActionCommand::List { .. }
                | ActionCommand::Test(_)
                | ActionCommand::Check(_)
                | ActionCommand::Import(_),
            ),
        )
        | Command::Handover(HandoverCommand::Check(_))
        | Command::Sandbox(_)
        | Command::Completions { .. } => return None,
    })
}

fn manifests(common: &CommonOptions) -> Vec<PathBuf> {
    match common.files.as_slice() {
        [] => vec![common.file().to_path_buf()],
        // What cannot be listed is told where the manifests are read.
        named => fleet::files_of(named).unwrap_or_else(|_| named.to_vec()),
    }
}

/// The manifests, and what lies beside them or replaces a template of them.
fn beside(common: &CommonOptions, manifests: &[PathBuf]) -> Vec<(PathBuf, &'static str)> {
    let states = manifests.iter().map(|path| (sandbox_file(path), "the state of the sandbox"));
    let mut all: Vec<_> = states.collect();
    all.extend(manifests.iter().map(|path| (path.clone(), "the manifest")));
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
