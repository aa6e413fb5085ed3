//! Proves the roles in a document of another tool. Contacts nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use rolecall_extract::{ExtractError, Extracted, Kind, RoleDocuments, Side, extract};
use rolecall_iam::lint::{FailOn, Finding, FindingId};
use rolecall_iam::principal::Principal;
use rolecall_iam::prove::RoleIntent;

use crate::claim::{Claim, ClaimKind, ClaimOutcome, Proposition};
use crate::decide::{decide, findings, shared_ids};
use crate::meant::{is_stated, unmet};
use crate::role_proof::{FileProof, RoleProof};
use crate::service_role::services_alone;

/// A document whose roles are to be proved.
#[derive(Clone, Debug)]
pub struct ProveRequest {
    /// What messages call it.
    pub name: String,
    /// What headings call it.
    pub label: String,
    /// Its text.
    pub text: String,
    /// The one role of it that is meant: its name, ARN, address or logical ID.
    pub role: Option<String>,
    /// The values of a template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// Whether the configuration of a Terraform plan has no function and no condition around a reference.
    pub plain_references: bool,
    /// What the roles are for.
    pub intent: RoleIntent,
    /// How severe a finding must be to refute a role by itself.
    pub fail_on: FailOn,
}

/// Why a document cannot be proved.
#[derive(Debug, thiserror::Error)]
#[error("cannot prove {name}: {error}")]
pub struct ProveError {
    /// What messages call the document.
    name: String,
    /// Why not.
    pub error: ExtractError,
}

impl ProveRequest {
    /// The roles in the document.
    pub fn roles(&self) -> Result<Extracted, ProveError> {
        self.extract().map_err(|error| ProveError { name: self.name.clone(), error })
    }

    fn extract(&self) -> Result<Extracted, ExtractError> {
        let mut extracted = extract(&self.text, &self.parameters)?;
        if self.plain_references {
            extracted = extracted.with_plain_references()?;
        }
        match &self.role {
            Some(role) => extracted.only(role),
            None => Ok(extracted),
        }
    }

    /// What headings call the document, with what it is.
    #[must_use]
    pub fn source(&self, kind: Kind) -> String {
        format!("{kind} {}", self.label)
    }

    /// What a role in it is for.
    #[must_use]
    pub fn intent_of(&self, role: &RoleDocuments) -> RoleIntent {
        RoleIntent { role: role.arn.clone(), ..self.intent.clone() }
    }

    /// The proofs of these roles of it.
    #[must_use]
    pub fn prove(&self, Extracted { kind, roles }: &Extracted) -> FileProof {
        // Of several roles the intent is about those that somebody outside can assume, or a service that is stated.
        let is_only = is_stated(&self.intent) && roles.len() == 1;
        let is_meant = |services: &BTreeSet<&str>| {
            let is_of = |principal: &Principal| matches!(principal, Principal::Service(service) if services.contains(service.as_str()));
            is_only || self.intent.trusted.iter().any(is_of)
        };
        let shared = shared_ids(roles);
        let prove = |index: usize, role: &RoleDocuments| {
            let intent = self.intent_of(role);
            let name = name_of(*kind, role);
            if index >= MOST_ROLES {
                let reason =
                    format!("the file has more than {MOST_ROLES} roles; --role NAME proves only that role");
                let claims = vec![Claim::undecided(Proposition::WhoCanAssume, vec![reason])];
                return (true, self.proof(name, claims, Vec::new(), role.notes.clone()));
            }
            if let Some(services) = services_alone(role).filter(|services| !is_meant(services)) {
                return (false, self.of_services(name, role, &services));
            }
            if matches!(
                (&role.trust, &role.permissions),
                (Side::Unknown(_), Side::Known(_) | Side::Unknown(_))
            ) && !self.intent.states_permissions()
            {
                return (true, self.of_unknown_trust(name, role, &intent));
            }
            let findings = findings(role, Some((index, &shared)), &intent, &[]);
            (true, self.proof(name, decide(role, &intent), findings, role.notes.clone()))
        };
        let (held, roles): (Vec<bool>, Vec<RoleProof>) = in_parallel(roles, prove).into_iter().unzip();
        let mut proof = FileProof { source: self.source(*kind), claims: Vec::new(), roles };
        // A role that is refuted or unknown says already that the file is not what is stated.
        if proof.outcome() == ClaimOutcome::Proved {
            let meant: Vec<&RoleProof> =
                proof.roles.iter().zip(&held).filter(|(_, held)| **held).map(|(role, _)| role).collect();
            let unmet = unmet(&self.intent, &meant);
            match proof.roles.as_mut_slice() {
                [role] => role.claims.extend(unmet),
                _ => proof.claims.extend(unmet),
            }
        }
        proof
    }

    /// A role of which it is not known who can assume it. Nobody stated what it is for, so that its permissions are not judged:
    /// it may be no role for a vendor at all.
    fn of_unknown_trust(&self, name: Option<String>, role: &RoleDocuments, intent: &RoleIntent) -> RoleProof {
        let trust = RoleDocuments { permissions: Side::Absent, ..role.clone() };
        let mut notes = role.notes.clone();
        notes.push(
            "its permissions were not judged, because who can assume it is not known; --target says what the role is for"
                .to_owned(),
        );
        self.proof(name, decide(&trust, intent), Vec::new(), notes)
    }

    /// A role that only AWS services can assume. Nobody stated what it is for, so that its permissions are not judged, and no
    /// external ID is expected of a service.
    fn of_services(
        &self,
        name: Option<String>,
        role: &RoleDocuments,
        services: &BTreeSet<&str>,
    ) -> RoleProof {
        let intent = RoleIntent { role: role.arn.clone(), ..RoleIntent::default() };
        let trust = RoleDocuments { permissions: Side::Absent, ..role.clone() };
        let claims =
            decide(&trust, &intent).into_iter().filter(|claim| claim.kind() != ClaimKind::ExternalId);
        // T23 is about a service that acts for others; without an intent it is a remark about such a role, not a fault.
        let (remarks, found): (Vec<Finding>, Vec<Finding>) = findings(&trust, None, &intent, &[])
            .into_iter()
            .partition(|finding| finding.id == FindingId::T23);
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
        self.proof(name, claims.collect(), found, notes)
    }

    fn proof(
        &self,
        role: Option<String>,
        claims: Vec<Claim>,
        findings: Vec<Finding>,
        notes: Vec<String>,
    ) -> RoleProof {
        RoleProof { role, claims, findings, notes, fail_on: self.fail_on }
    }
}

/// What the file calls the role; a policy by itself is no role.
pub fn name_of(kind: Kind, role: &RoleDocuments) -> Option<String> {
    match kind {
        Kind::TrustPolicy | Kind::IdentityPolicy => None,
        Kind::TerraformPlan
        | Kind::TerraformState
        | Kind::CloudFormation
        | Kind::Roles
        | Kind::AuthorizationDetails => Some(role.name.clone()),
    }
}

/// The most roles that are proved in one run: IAM's largest quota of roles in an account (IAM User Guide, "IAM and AWS STS
/// quotas").
const MOST_ROLES: usize = 5000;

/// So few roles are proved faster than threads are started.
const FEW_ROLES: usize = 64;

/// The results in the order of the items.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
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
