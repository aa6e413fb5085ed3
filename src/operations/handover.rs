//! Makes a hand-over file from what one side knows, and compares one with what the other side reads.
//!
//! Invariant: nothing in a file is taken for true because it is there. What this side cannot read is `Unknown`, with the reason.
//! Deliberately absent: a comparison with what only the writer's side can read.

use jiff::Timestamp;
use rolecall_model::handover::{Handover, Side};
use rolecall_model::region::Region as GenesysRegion;
use rolecall_model::shown::Shown;

use crate::desired::genesys::{Kind, own_names};
use crate::exit::ExitCode;
use crate::iam::arn::{AccountId, ExternalId, FunctionArn, RoleArn};
use crate::manifest::{Genesys, Manifest};
use crate::observe::genesys::{Observed, ObservedIntegration};
use crate::observe::survey::Survey;
use crate::ports::genesys::Organization;
use crate::verify::Verification;
use crate::verify::claim::{ClaimKind, ClaimOutcome};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The organization's ID, which is the external ID.
    Organization,
    /// The region of Genesys Cloud.
    Region,
    /// The account that the role trusts.
    TrustedAccount,
    /// The trust policy that AWS holds.
    Trust,
    /// The role's ARN.
    Role,
    /// The functions.
    Functions,
}

/// How a comparison ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Both sides say the same.
    Same,
    /// There is nothing to compare yet.
    Nothing,
    /// This side cannot read it.
    Unknown,
    /// The sides contradict each other: somebody else could get in, or Genesys Cloud could not do what it must.
    Contradicts,
}

impl Agreement {
    /// What it means for the exit code.
    #[must_use]
    pub fn exit(self) -> ExitCode {
        match self {
            Self::Same | Self::Nothing => ExitCode::Success,
            Self::Unknown => ExitCode::Inconclusive,
            Self::Contradicts => ExitCode::Refuted,
        }
    }
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What was compared.
    pub subject: Subject,
    /// How it ended.
    pub agreement: Agreement,
    /// What was found, in words.
    pub found: String,
}

impl Compared {
    fn new(subject: Subject, agreement: Agreement, found: impl Into<String>) -> Self {
        Self { subject, agreement, found: found.into() }
    }

    fn equal<T: PartialEq + ToString>(subject: Subject, own: &T, theirs: &T, whose: &str) -> Self {
        match own == theirs {
            true => Self::new(subject, Agreement::Same, own.to_string()),
            false => {
                let found = format!("the file says {}, but {whose} {}", theirs.to_string(), own.to_string());
                Self::new(subject, Agreement::Contradicts, found)
            }
        }
    }
}

/// What whoever has AWS tells: the role, its functions, whom it trusts, and what is proved of it.
#[must_use]
pub fn of_aws(
    manifest: &Manifest,
    survey: &Survey,
    verification: &Verification,
    made_at: Timestamp,
) -> Handover {
    let Genesys { region, trusted_account, integration, .. } = &manifest.genesys;
    let asked = (integration.is_some() || !manifest.actions.is_empty()).then(|| own_names(manifest).0);
    let proved = verification.claims.iter().filter(|claim| claim.outcome() == ClaimOutcome::Proved);
    let mut claims: Vec<String> = proved.map(|claim| claim.kind().id().to_owned()).collect();
    claims.dedup();
    Handover {
        made_at,
        side: Side::Aws,
        region,
        organization: survey.desired.external_id.clone(),
        trusted_account: Some(trusted_account.clone()),
        integration: asked,
        role: Some(survey.desired.role_arn()),
        aws_region: manifest.access.region.clone(),
        functions: unique(survey.functions()),
        proved: claims,
    }
}

/// What whoever has Genesys Cloud tells: the organization; and where an integration exists, the role and the functions that it uses.
#[must_use]
pub fn of_genesys(
    (region, organization): (&'static GenesysRegion, ExternalId),
    integration: Option<(&RoleArn, &Observed)>,
    made_at: Timestamp,
) -> Handover {
    let known = integration.and_then(|(role, observed)| Some((role, lambda(observed, role).next()?)));
    Handover {
        made_at,
        side: Side::Genesys,
        region,
        organization,
        trusted_account: region.trusted_account(),
        integration: known.map(|(_, known)| known.record.name.clone()),
        role: known.map(|(role, _)| role.clone()),
        aws_region: None,
        functions: unique(
            known.into_iter().flat_map(|(_, known)| called(known).filter_map(|it| it.1.ok())).collect(),
        ),
        proved: Vec::new(),
    }
}

/// Compares a file of whoever has Genesys Cloud with the manifest and with what AWS holds.
#[must_use]
pub fn compare_in_aws(
    file: &Handover,
    manifest: &Manifest,
    survey: &Survey,
    verification: &Verification,
) -> Vec<Compared> {
    let mut compared = vec![
        Compared::equal(
            Subject::Organization,
            &survey.desired.external_id,
            &file.organization,
            "the manifest's external ID is",
        ),
        regions(file, manifest.genesys.region),
        trusted(file.region, &manifest.genesys.trusted_account, "the manifest trusts"),
    ];
    if survey.observed.role.is_some() {
        compared.push(trust(verification));
    }
    match &file.role {
        None => compared.push(Compared::new(
            Subject::Role,
            Agreement::Nothing,
            "the file names no role; `rolecall handover write --from aws` tells it to the other side",
        )),
        Some(role) => {
            let own = survey.desired.role_arn();
            let is_missing = survey.observed.role.is_none() && *role == own;
            compared.push(match is_missing {
                true => {
                    Compared::new(Subject::Role, Agreement::Contradicts, format!("{role} does not exist"))
                }
                false => Compared::equal(Subject::Role, &own, role, "the manifest's role is"),
            });
        }
    }
    compared.push(functions(&file.functions, &survey.functions(), "the manifest does not list"));
    compared
}

/// Compares a file of whoever has AWS with what Genesys Cloud shows. `region` is where the credentials work, where that is known.
#[must_use]
pub fn compare_in_genesys(
    file: &Handover,
    organization: &Organization,
    region: Option<&'static GenesysRegion>,
    observed: Option<&Observed>,
) -> Vec<Compared> {
    let mut compared = vec![match organization.id == file.organization.as_str() {
        true => Compared::new(
            Subject::Organization,
            Agreement::Same,
            format!("{} ({})", file.organization, Shown(&organization.name)),
        ),
        false => {
            let (id, name) = (Shown(&organization.id), Shown(&organization.name));
            let found = format!(
                "the file says {}, but the OAuth client belongs to {id} ({name}): the role would not let it in",
                file.organization
            );
            Compared::new(Subject::Organization, Agreement::Contradicts, found)
        }
    }];
    compared.push(match region {
        Some(region) => regions(file, region),
        None => Compared::new(
            Subject::Region,
            Agreement::Nothing,
            "the OAuth client's address is not that of a region",
        ),
    });
    compared.push(match &file.trusted_account {
        Some(account) => trusted(file.region, account, "the role trusts"),
        None => Compared::new(
            Subject::TrustedAccount,
            Agreement::Unknown,
            "the file does not say whom the role trusts",
        ),
    });
    let (Some(role), Some(observed)) = (&file.role, observed) else { return compared };
    let mut known = lambda(observed, role).peekable();
    if known.peek().is_none() {
        let found = format!(
            "there is no integration for this role yet; `rolecall genesys connect --role-arn {role}` makes it"
        );
        compared.push(Compared::new(Subject::Role, Agreement::Nothing, found));
    }
    for known in known {
        compared.push(credential(known, role, observed));
        compared.push(actions(known, &file.functions));
    }
    compared
}

/// The integrations for Lambda that are the role's, or have the name that its own would have.
fn lambda<'o>(observed: &'o Observed, role: &RoleArn) -> impl Iterator<Item = &'o ObservedIntegration> {
    let role = role.to_string();
    let is_marked = |known: &ObservedIntegration| known.mark.as_ref().is_some_and(|mark| mark.role == role);
    let is_any_marked = observed.integrations.iter().any(is_marked);
    observed.integrations.iter().filter(move |known| {
        known.kind == Kind::Lambda
            && (!is_any_marked || known.mark.as_ref().is_some_and(|mark| mark.role == role))
    })
}

/// The functions that the actions call; an address that is no ARN is a template or a mistake.
fn called(known: &ObservedIntegration) -> impl Iterator<Item = (&str, Result<FunctionArn, &str>)> {
    known.actions.iter().filter_map(|action| {
        let url = &action.config.as_ref()?.url_template;
        Some((action.name.as_str(), url.parse().map_err(|_| url.as_str())))
    })
}

fn regions(file: &Handover, own: &'static GenesysRegion) -> Compared {
    Compared::equal(Subject::Region, &own.to_string(), &file.region.to_string(), "this side is in")
}

/// Whether the account that is trusted is Genesys Cloud's in that region.
fn trusted(region: &GenesysRegion, account: &AccountId, who: &str) -> Compared {
    match region.trusted_account() {
        None => Compared::new(
            Subject::TrustedAccount,
            Agreement::Unknown,
            format!("{who} {account}; Genesys has not published the account of {region}"),
        ),
        Some(published) if published == *account => Compared::new(
            Subject::TrustedAccount,
            Agreement::Same,
            format!("{account} is Genesys Cloud's in {region}"),
        ),
        Some(published) => Compared::new(
            Subject::TrustedAccount,
            Agreement::Contradicts,
            format!("{who} {account}, but Genesys Cloud uses {published} in {region}"),
        ),
    }
}

/// What is proved of the trust policy that AWS holds.
fn trust(verification: &Verification) -> Compared {
    let is_about_trust = |kind| match kind {
        ClaimKind::OnlyTrusted | ClaimKind::ExternalId | ClaimKind::MayAssume => true,
        ClaimKind::OnlyTargets | ClaimKind::EveryTarget | ClaimKind::Organization => false,
    };
    let claims = || verification.claims.iter().filter(|claim| is_about_trust(claim.kind()));
    let named = |outcome| {
        let mut names: Vec<&str> =
            claims().filter(|claim| claim.outcome() == outcome).map(|claim| claim.kind().id()).collect();
        // One claim for each principal.
        names.dedup();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if let Some(refuted) = named(ClaimOutcome::Refuted) {
        let found = format!("refuted: {refuted}; `rolecall drift` says more");
        return Compared::new(Subject::Trust, Agreement::Contradicts, found);
    }
    match (named(ClaimOutcome::Unknown), named(ClaimOutcome::Proved)) {
        (None, Some(proved)) => Compared::new(Subject::Trust, Agreement::Same, format!("proved: {proved}")),
        (Some(unknown), _) => {
            Compared::new(Subject::Trust, Agreement::Unknown, format!("not decided: {unknown}"))
        }
        (None, None) => Compared::new(Subject::Trust, Agreement::Unknown, "nothing is proved of it"),
    }
}

/// Whether every function of theirs is one of ours.
fn functions(theirs: &[FunctionArn], own: &[FunctionArn], where_not: &str) -> Compared {
    let missing: Vec<String> =
        theirs.iter().filter(|function| !own.contains(function)).map(ToString::to_string).collect();
    match (theirs.len(), missing.as_slice()) {
        (0, _) => Compared::new(Subject::Functions, Agreement::Nothing, "the file names no function"),
        (number, []) => {
            let found = format!("{number} of {number} are targets of the manifest");
            Compared::new(Subject::Functions, Agreement::Same, found)
        }
        (_, missing) => {
            let found = format!("{where_not} {}", missing.join(", "));
            Compared::new(Subject::Functions, Agreement::Contradicts, found)
        }
    }
}

/// Which role the credential of an integration holds, as far as Genesys Cloud tells it.
fn credential(known: &ObservedIntegration, role: &RoleArn, observed: &Observed) -> Compared {
    let name = Shown(&known.record.name);
    let wanted = role.to_string();
    let held = known.credential.as_ref().and_then(|credential| credential.fields.get(&observed.form.field));
    let held = held.filter(|held| held.parse::<RoleArn>().is_ok());
    let (agreement, found) = match (held, &known.mark) {
        (Some(held), _) if *held == wanted => (Agreement::Same, wanted),
        (Some(held), _) => {
            (Agreement::Contradicts, format!("the credential of integration `{name}` holds {}", Shown(held)))
        }
        (None, _) if known.credential.is_none() => {
            (Agreement::Contradicts, format!("integration `{name}` has no credential for a role"))
        }
        (None, mark) => {
            let notes = match mark {
                Some(mark) if mark.role == wanted => {
                    "its notes say that rolecall wrote it for this role".to_owned()
                }
                Some(mark) => format!("its notes say that rolecall wrote it for {}", Shown(&mark.role)),
                None => "rolecall did not write it".to_owned(),
            };
            let found = format!(
                "Genesys Cloud does not show which role the credential of integration `{name}` holds; {notes}; `rolecall \
                 genesys action test` shows whether the role can be assumed"
            );
            (Agreement::Unknown, found)
        }
    };
    Compared::new(Subject::Role, agreement, found)
}

/// Whether the actions call functions that the role may invoke.
fn actions(known: &ObservedIntegration, allowed: &[FunctionArn]) -> Compared {
    let (mut others, mut unread, mut number) = (Vec::new(), Vec::new(), 0);
    for (action, function) in called(known) {
        number += 1;
        match function {
            Ok(function) if allowed.contains(&function) => {}
            Ok(function) => others.push(format!("action `{}` calls {function}", Shown(action))),
            Err(address) => unread.push(format!("action `{}` calls `{}`", Shown(action), Shown(address))),
        }
    }
    let (agreement, found) = match (others.is_empty(), unread.is_empty(), number) {
        (false, _, _) => (Agreement::Contradicts, format!("{}, which is not in the file", others.join("; "))),
        (true, false, _) => (Agreement::Unknown, format!("{}, which is no ARN", unread.join("; "))),
        (true, true, 0) => (Agreement::Nothing, "no actions yet".to_owned()),
        (true, true, number) => {
            (Agreement::Same, format!("{number} of {number} actions call a function of the file"))
        }
    };
    Compared::new(Subject::Functions, agreement, found)
}

fn unique(functions: Vec<FunctionArn>) -> Vec<FunctionArn> {
    let mut unique: Vec<FunctionArn> = Vec::new();
    for function in functions {
        if !unique.contains(&function) {
            unique.push(function);
        }
    }
    unique
}
