//! `rolecall prove`: the proof of a role in a file, offline.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use rolecall::exit::ExitCode;
use rolecall::extract::{self, ExtractError, Extracted, Kind, RoleDocuments, Side};
use rolecall::iam::lint::{Finding, FindingId};
use rolecall::iam::prove::RoleIntent;
use rolecall::report::ProofView;
use rolecall::verify::claim::{Claim, ClaimKind, Proposition};
use rolecall::verify::role_proof::{FileProof, RoleProof};
use rolecall::verify::{decide, findings, services_alone, shared_ids};

use super::certificate;
use super::failure::{CommandResult, UsageError};
use super::input;
use super::options::ProveOptions;
use super::printer::Printer;

pub(crate) fn run(options: &ProveOptions, printer: &mut Printer) -> CommandResult<ExitCode> {
    let name = input::name(&options.file);
    let text = input::read(&options.file, extract::MAX_BYTES)?;
    let Extracted { kind, roles } = find(&text, options)
        .map_err(|error| UsageError::new(format!("cannot prove {name}: {error}"), hint(&error)))?;
    let intent = RoleIntent {
        role: None,
        trusted: options.principal.clone(),
        external_id: options.external_id.clone(),
        targets: (!options.target.is_empty()).then(|| options.target.clone()),
    };
    // Of several roles the intent is about those that somebody outside can assume.
    let is_stated = !intent.trusted.is_empty() || intent.external_id.is_some() || intent.targets.is_some();
    let is_meant = is_stated && roles.len() == 1;
    let shared = shared_ids(&roles);
    let prove = |index: usize, role: &RoleDocuments| {
        let intent = RoleIntent { role: role.arn.clone(), ..intent.clone() };
        let is_role = !matches!(kind, Kind::TrustPolicy | Kind::IdentityPolicy);
        let name = is_role.then(|| role.name.clone());
        if index >= MOST_ROLES {
            let reason =
                format!("the file has more than {MOST_ROLES} roles; --role NAME proves only that role");
            let claims = vec![Claim::undecided(Proposition::WhoCanAssume, vec![reason])];
            return RoleProof { role: name, claims, findings: Vec::new(), notes: role.notes.clone() };
        }
        if !is_meant && let Some(services) = services_alone(role) {
            return of_services(name, role, &services);
        }
        let findings = findings(role, Some((index, &shared)), &intent, &[]);
        RoleProof { role: name, claims: decide(role, &intent), findings, notes: role.notes.clone() }
    };
    if let Some(folder) = &options.smtlib {
        for role in &roles {
            let intent = RoleIntent { role: role.arn.clone(), ..intent.clone() };
            let folder = certificate::folder_of(folder, roles.len(), &role.name);
            certificate::write(&folder, role, &intent, printer)?;
        }
    }
    let source = format!("{kind} {}", input::label(&options.file));
    let proof = FileProof { source, roles: in_parallel(&roles, prove) };
    let view = ProofView::from(&proof);
    printer.result(&match options.output.is_human() {
        true => view.to_text(),
        false => view.to_json(),
    });
    if proof.roles.len() > 1 && proof.exit() != ExitCode::Success {
        printer.hint("--role NAME proves only that role of the file");
    }
    Ok(proof.exit())
}

/// The most roles that are proved in one run: IAM's largest quota of roles in an account (IAM User Guide, "IAM and AWS STS
/// quotas").
const MOST_ROLES: usize = 5000;

/// So few roles are proved faster than threads are started.
const FEW_ROLES: usize = 64;

/// The results in the order of the items.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    if items.len() <= FEW_ROLES || threads == 1 {
        return items.iter().enumerate().map(|(index, item)| work(index, item)).collect();
    }
    // Short pieces in turn: what is slow is not all in one of them.
    let (next, work) = (AtomicUsize::new(0), &work);
    let turn = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(index, item)));
        }
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(turn)).collect();
        let joined = running.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.flatten().collect()
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A role that only AWS services can assume. Nobody stated what it is for, so that its permissions are not judged, and no
/// external ID is expected of a service.
fn of_services(name: Option<String>, role: &RoleDocuments, services: &BTreeSet<&str>) -> RoleProof {
    let intent = RoleIntent { role: role.arn.clone(), ..RoleIntent::default() };
    let trust = RoleDocuments { permissions: Side::Absent, ..role.clone() };
    let claims = decide(&trust, &intent).into_iter().filter(|claim| claim.kind() != ClaimKind::ExternalId);
    // T23 is about a service that acts for others; without an intent it is a remark about such a role, not a fault.
    let (remarks, found): (Vec<Finding>, Vec<Finding>) =
        findings(&trust, None, &intent, &[]).into_iter().partition(|finding| finding.id == FindingId::T23);
    let listed: Vec<&str> = services.iter().copied().collect();
    let (service, listed) = (if listed.len() == 1 { "service" } else { "services" }, listed.join(", "));
    let mut notes = role.notes.clone();
    notes.push(format!("the role trusts only the AWS {service} {listed}"));
    notes.extend(remarks.iter().map(|finding| format!("{}: {}", finding.id, finding.message)));
    if !matches!(role.permissions, Side::Absent) {
        notes.push(
            "its permissions were not judged; `--role NAME` with --principal or --target says what the role is for".to_owned(),
        );
    }
    RoleProof { role: name, claims: claims.collect(), findings: found, notes }
}

fn find(text: &str, options: &ProveOptions) -> Result<Extracted, ExtractError> {
    let mut extracted = extract::extract(text, &options.parameter.iter().cloned().collect())?;
    if options.plain_references {
        extracted = extracted.with_plain_references()?;
    }
    match &options.role {
        Some(role) => extracted.only(role),
        None => Ok(extracted),
    }
}

fn hint(error: &ExtractError) -> Option<&'static str> {
    match error {
        ExtractError::TerraformSource => {
            Some("`terraform show -json` prints the state in the form that is read here")
        }
        ExtractError::NoRole { .. } => Some("`rolecall prove` takes a policy document by itself, too"),
        ExtractError::Cases
        | ExtractError::Empty
        | ExtractError::FailedPlan
        | ExtractError::NoParameters { .. }
        | ExtractError::NoReferences { .. }
        | ExtractError::NoSuchParameter { .. }
        | ExtractError::NoSuchRole { .. }
        | ExtractError::NotJson { .. }
        | ExtractError::NotUtf8 { .. }
        | ExtractError::NotYaml(_)
        | ExtractError::Policy(_)
        | ExtractError::ResourcePolicy
        | ExtractError::TerraformVersion { .. }
        | ExtractError::TooLarge { .. }
        | ExtractError::TooManyResources { .. }
        | ExtractError::Unrecognised
        | ExtractError::Utf16 => None,
    }
}
