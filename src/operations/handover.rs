//! Makes a hand-over file from what one side knows, and compares one with what the other side reads.
//!
//! Invariant: nothing in a file is taken for true because it is there. What this side cannot read is `Unknown`, with the reason.
//! Deliberately absent: a comparison with what only the writer's side can read.

mod in_genesys;

use jiff::Timestamp;
use rolecall_model::handover::{Handover, Side};
use rolecall_model::region::Region as GenesysRegion;

use crate::desired::genesys::{Kind, own_names};
use crate::exit::ExitCode;
use crate::iam::arn::{AccountId, ExternalId, FunctionArn, RoleArn};
use crate::manifest::{Genesys, Manifest};
use crate::observe::genesys::{Observed, ObservedIntegration};
use crate::observe::survey::Survey;
use crate::verify::Verification;
use crate::verify::claim::{ClaimKind, ClaimOutcome};

pub use self::in_genesys::compare_in_genesys;

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
    Functions,
    /// The partition of AWS.
    Partition,
    /// What the writer of the file says that it proved.
    Stated,
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
    /// What the verdict says of it, where it is more than that the two sides contradict each other.
    pub verdict: Option<String>,
}

impl Compared {
    fn new(subject: Subject, agreement: Agreement, found: impl Into<String>) -> Self {
        Self { subject, agreement, found: found.into(), verdict: None }
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
    genesys: &Genesys,
    manifest: &Manifest,
    survey: &Survey,
    verification: &Verification,
    made_at: Timestamp,
) -> Handover {
    let Genesys { region, trusted_account, integration, .. } = genesys;
    let asked = (integration.is_some() || !manifest.actions.is_empty()).then(|| own_names(manifest).0);
    let claimed = |outcome: ClaimOutcome| {
        let claims = verification.claims.iter().filter(|claim| claim.outcome() == outcome);
        let mut ids: Vec<String> = claims.map(|claim| claim.kind().id().to_owned()).collect();
        ids.dedup();
        ids
    };
    let (mut claims, refuted) = (claimed(ClaimOutcome::Proved), claimed(ClaimOutcome::Refuted));
    // A claim is made of each principal: what is refuted of one is not proved.
    claims.retain(|claim| !refuted.contains(claim));
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
        refuted,
    }
}

/// What whoever has Genesys Cloud tells: the organization; and where an integration exists, the role and the functions that it uses.
#[must_use]
pub fn of_genesys(
    (region, organization): (&'static GenesysRegion, ExternalId),
    integration: Option<(&RoleArn, &Observed)>,
    made_at: Timestamp,
) -> Handover {
    let known = integration.and_then(|(role, observed)| Some((role, own(observed, role)?)));
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
        refuted: Vec::new(),
    }
}

/// Compares a file of whoever has Genesys Cloud with the manifest and with what AWS holds.
#[must_use]
pub fn compare_in_aws(
    file: &Handover,
    genesys: &Genesys,
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
        regions(file, genesys.region),
        trusted_in_aws(file, &genesys.trusted_account),
    ];
    compared.extend(partition(file));
    compared.push(match &survey.observed.role {
        Some(_) => trust(verification),
        None => Compared::new(
            Subject::Trust,
            Agreement::Unknown,
            "the role does not exist: nothing is proved of whom it trusts",
        ),
    });
    match &file.role {
        None => compared.push(Compared::new(
            Subject::Role,
            Agreement::Nothing,
            "not compared: the file names no role; `rolecall handover write --from aws` tells it to the other side",
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

/// The integration for Lambda that is the role's by its notes, or else has the name that its own would have.
fn own<'o>(observed: &'o Observed, role: &RoleArn) -> Option<&'o ObservedIntegration> {
    let role = role.to_string();
    let lambda = || observed.integrations.iter().filter(|known| known.kind == Kind::Lambda);
    let marked = lambda().find(|known| known.mark.as_ref().is_some_and(|mark| mark.role == role));
    // What rolecall wrote for another role is not this one's.
    marked.or_else(|| lambda().find(|known| known.mark.is_none()))
}

/// The partition of the role and of the functions. The principals of one partition cannot assume the roles of another.
fn partition(file: &Handover) -> Option<Compared> {
    let published = file.region.partition?;
    let role = file.role.iter().map(|role| (role.to_string(), &role.partition));
    let functions = file.functions.iter().map(|function| (function.to_string(), &function.partition));
    let (arn, found) = role.chain(functions).find(|(_, partition)| partition.as_str() != published)?;
    let found = format!(
        "{arn} is in partition {}, but Genesys Cloud's account of {} is in partition {published}, from which it cannot be reached",
        found.as_str(),
        file.region
    );
    Some(Compared::new(Subject::Partition, Agreement::Contradicts, found))
}

/// The account that the file names, that the manifest trusts, and that Genesys has published.
fn trusted_in_aws(file: &Handover, own: &AccountId) -> Compared {
    let compared = trusted(file.region, own, "the manifest trusts");
    match &file.trusted_account {
        Some(stated) if stated != own => {
            let published = match file.region.trusted_account() {
                Some(published) => format!("Genesys Cloud uses {published} in {}", file.region),
                None => format!("Genesys has not published the account of {}", file.region),
            };
            let found = format!("the file says {stated}, but the manifest trusts {own}; {published}");
            Compared::new(Subject::TrustedAccount, Agreement::Contradicts, found)
        }
        Some(_) => compared,
        None => {
            let found = format!("{}; not compared: the file names no account", compared.found);
            let agreement = match compared.agreement {
                Agreement::Same | Agreement::Nothing => Agreement::Nothing,
                Agreement::Unknown => Agreement::Unknown,
                Agreement::Contradicts => Agreement::Contradicts,
            };
            Compared { agreement, found, ..compared }
        }
    }
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

/// What a trust policy does that breaks such a claim; nothing where the claim is not about it.
fn breaks(kind: ClaimKind) -> Option<&'static str> {
    match kind {
        ClaimKind::OnlyTrusted => Some("lets others than the trusted account assume the role"),
        ClaimKind::ExternalId => Some("lets callers without this organization's ID assume the role"),
        ClaimKind::MayAssume => Some("does not let Genesys Cloud assume the role"),
        ClaimKind::OnlyTargets
        | ClaimKind::EveryTarget
        | ClaimKind::Boundary
        | ClaimKind::OnlyThroughRole
        | ClaimKind::Organization => None,
    }
}

/// What is proved of the trust policy that AWS holds.
fn trust(verification: &Verification) -> Compared {
    let claims = || verification.claims.iter().filter(|claim| breaks(claim.kind()).is_some());
    let named = |outcome| {
        let mut names: Vec<&str> =
            claims().filter(|claim| claim.outcome() == outcome).map(|claim| claim.kind().id()).collect();
        // One claim for each principal.
        names.dedup();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if let Some(refuted) = named(ClaimOutcome::Refuted) {
        let found = format!("refuted: {refuted}; `rolecall drift` says more");
        let refuted = claims().filter(|claim| claim.outcome() == ClaimOutcome::Refuted);
        let mut does: Vec<&str> = refuted.filter_map(|claim| breaks(claim.kind())).collect();
        does.dedup();
        let verdict = Some(format!("the trust policy {}", does.join(", and ")));
        return Compared { verdict, ..Compared::new(Subject::Trust, Agreement::Contradicts, found) };
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
        (0, _) => {
            Compared::new(Subject::Functions, Agreement::Nothing, "not compared: the file names no function")
        }
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

fn unique(functions: Vec<FunctionArn>) -> Vec<FunctionArn> {
    let mut unique: Vec<FunctionArn> = Vec::new();
    for function in functions {
        if !unique.contains(&function) {
            unique.push(function);
        }
    }
    unique
}
