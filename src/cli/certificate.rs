//! `--smtlib DIR`: the claims as files for solvers that are not ours (`docs/certificates.md`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rolecall::extract::{PermissionDocuments, RoleDocuments, Side};
use rolecall::iam::arn::AccountId;
use rolecall::iam::prove::{self, Claim, ClaimResult, RoleIntent, prove_trust};
use rolecall::observe::survey::Survey;
use rolecall::verify::functions::Judgeable;
use rolecall::verify::{Documents, read};
use rolecall_certificate::{
    FunctionPolicy, Named, Policies, Script, Subject, UrlAccess, boundary_certificates, certificates,
    function_certificates,
};

use super::fleet;
use super::options::AwsOptions;
use super::overwrite::FileKind;
use super::printer::Printer;
use rolecall::failure::{CommandResult, Context as _, UsageError};
use rolecall_model::stored::StoredDocument;

/// The options of a command that reads manifests: certificates are of one role.
pub(crate) fn refuse_many(folder: Option<&PathBuf>, options: &AwsOptions) -> Result<(), UsageError> {
    match folder {
        Some(_) if fleet::is_named(options) => {
            let hint = "run the command once for each manifest, with a separate folder";
            Err(UsageError::new("`--smtlib` writes the certificates of one manifest", Some(hint)))
        }
        Some(_) | None => Ok(()),
    }
}

/// Writes the certificates of a role in a file.
pub(crate) fn write(
    folder: &Path,
    role: &RoleDocuments,
    intent: &RoleIntent,
    printer: &mut Printer,
) -> CommandResult<()> {
    write_scripts(folder, role, &scripts(role, intent), printer)
}

/// Writes the certificates of a role in AWS, of its own boundary and of its targets.
pub(crate) fn write_of_survey(
    folder: &Path,
    documents: &Documents,
    survey: &Survey,
    printer: &mut Printer,
) -> CommandResult<()> {
    let desired = &survey.desired;
    let role = read(documents, &desired.role_arn());
    let mut scripts = scripts(&role, &desired.intent());
    if let (Some(wanted), Some(boundary)) = (desired.own_boundary(), &documents.boundary) {
        let document = boundary.document.as_ref().and_then(StoredDocument::document);
        if let Some(document) = document.filter(|_| boundary.arn == *wanted) {
            let name = boundary.arn.to_string();
            let subject = subject(&desired.intent(), None);
            scripts.extend(boundary_certificates(Named { name: &name, document }, &subject));
        }
    }
    scripts.extend(of_functions(survey));
    write_scripts(folder, &role, &scripts, printer)
}

fn of_functions(survey: &Survey) -> Vec<Script> {
    let judgeable: Vec<Judgeable> =
        survey.sides.iter().map(|side| Judgeable::of(side, &survey.desired)).collect();
    let home = &survey.desired.home.account;
    let policies: Vec<FunctionPolicy<'_>> =
        judgeable.iter().flat_map(Judgeable::policies).map(|policy| certified(policy, home)).collect();
    function_certificates(&policies)
}

fn certified<'d>(policy: prove::FunctionPolicy<'d>, role_account: &AccountId) -> FunctionPolicy<'d> {
    let prove::FunctionPolicy { function, document, url, invokers } = policy;
    FunctionPolicy {
        function,
        document,
        url: match url {
            prove::UrlAccess::Absent => UrlAccess::Absent,
            prove::UrlAccess::Signed => UrlAccess::Signed,
            prove::UrlAccess::Open => UrlAccess::Open,
            prove::UrlAccess::Unread => UrlAccess::Unread,
        },
        accounts: vec![role_account.clone()],
        invokers,
    }
}

/// Writes the scripts and says how to check them.
fn write_scripts(
    folder: &Path,
    role: &RoleDocuments,
    scripts: &[Script],
    printer: &mut Printer,
) -> CommandResult<()> {
    save(folder, scripts, printer)?;
    let shown = folder.display();
    if scripts.is_empty() {
        printer.warning(&format!("no certificates: no document of {} is known", role.name));
        return Ok(());
    }
    printer.progress(&format!("{} certificates in `{shown}`; check them with", scripts.len()));
    printer
        .progress(&format!("  for file in {shown}/*.smt2; do echo \"$file\"; z3 -t:60000 \"$file\"; done"));
    printer.progress(
        "  `unsat` confirms a claim; `sat` is a request that breaks it, or that a loosened element lets in; *.vacuity.smt2 begins with \
         `sat`; cvc5: --strings-exp --incremental",
    );
    let loosened = scripts.iter().map(|script| script.loosened.len()).max().unwrap_or(0);
    if loosened > 0 {
        printer.warning(&format!(
            "not documented by AWS: {loosened} of the elements; the files list them as loosened"
        ));
    }
    Ok(())
}

fn scripts(role: &RoleDocuments, intent: &RoleIntent) -> Vec<Script> {
    let trust = match &role.trust {
        Side::Known(document) => Some(document),
        Side::Unknown(_) | Side::Absent => None,
    };
    // Without a stated ID the claim is about the one that the prover found in the policy.
    let claims = trust.map(|trust| prove_trust(trust, intent)).unwrap_or_default();
    let external_id = claims.into_iter().find_map(|ClaimResult { claim, result: _ }| match claim {
        Claim::OnlyWithExternalId(id) | Claim::OthersOnlyWithExternalId(id) => id,
        Claim::OnlyWithOneOf { ids, .. } => ids.into_iter().next(),
        Claim::OnlyTrustedMayAssume
        | Claim::NoLongerWith { .. }
        | Claim::MayAssumeWith { .. }
        | Claim::MayAssume(_)
        | Claim::MayAssumeUnderConditions(_)
        | Claim::OnlyTargetsMayBeInvoked
        | Claim::OnlyStatedMayBeDone
        | Claim::EveryTargetMayBeInvoked(_)
        | Claim::EveryStatedMayBeDone(_)
        | Claim::BoundaryAllowsNoMore
        | Claim::OnlyThroughRole => None,
    });
    let subject = subject(intent, external_id);
    let policies = match &role.permissions {
        Side::Known(PermissionDocuments { identity, boundary }) => Some(Policies {
            identity: identity.iter().map(|it| Named { name: &it.name, document: &it.document }).collect(),
            boundary: boundary.as_ref().map(|it| Named { name: &it.name, document: &it.document }),
        }),
        Side::Unknown(_) | Side::Absent => None,
    };
    let trust = trust.map(|document| Named { name: "trust policy", document });
    certificates(trust, policies.as_ref(), &subject)
}

fn subject(intent: &RoleIntent, external_id: Option<String>) -> Subject {
    Subject {
        role: intent.role.clone(),
        trusted: intent.trusted.clone(),
        external_id,
        further_ids: intent.further_ids.iter().map(|further| further.id.to_string()).collect(),
        targets: intent.targets.clone(),
        allowance: intent.allowance.as_ref().map(|allowance| allowance.document().clone()),
    }
}

/// Writes the scripts in the place of those of an earlier run, which may have been about another document.
fn save(folder: &Path, scripts: &[Script], printer: &Printer) -> CommandResult<()> {
    let cannot = || format!("cannot write certificates to `{}`", folder.display());
    fs::create_dir_all(folder).with_context(cannot)?;
    let files: Vec<(PathBuf, String)> =
        scripts.iter().map(|script| (folder.join(script.file_name()), script.text.clone())).collect();
    printer.files(FileKind::Certificate, &files)?;
    remove_stale(folder, &files).with_context(cannot)
}

/// Removes the certificates that are not among these.
fn remove_stale(folder: &Path, files: &[(PathBuf, String)]) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_named = path.extension().is_some_and(|extension| extension == "smt2") && path.is_file();
        if is_named && !files.iter().any(|(file, _)| *file == path) && FileKind::Certificate.wrote_file(&path)
        {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// A folder for one of several roles.
pub(crate) fn folder_of(folder: &Path, roles: usize, name: &str) -> PathBuf {
    if roles == 1 {
        return folder.to_owned();
    }
    let safe = |character: char| {
        if character.is_ascii_alphanumeric() || "-_".contains(character) { character } else { '_' }
    };
    folder.join(name.chars().map(safe).collect::<String>())
}
