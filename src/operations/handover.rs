//! Makes a hand-over file from what one side knows, and compares one with what the other side reads.
//!
//! Invariant: nothing in a file is taken for true because it is there. What this side cannot read is `Unknown`, with the reason.
//! Deliberately absent: a comparison with what only the writer's side can read.

use jiff::Timestamp;
use rolecall_model::handover::{Handover, Side};
use rolecall_model::region::Region as GenesysRegion;
use rolecall_model::shown::Shown;

use crate::desired::genesys::{Kind, is_asked_for, own_names};
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
    manifest: &Manifest,
    survey: &Survey,
    verification: &Verification,
    made_at: Timestamp,
) -> Handover {
    let Genesys { region, trusted_account, integration, .. } = &manifest.genesys;
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
        trusted_in_aws(file, &manifest.genesys.trusted_account),
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

/// Compares a file of whoever has AWS with what Genesys Cloud shows. `region` is where the credentials work, where that is known.
#[must_use]
pub fn compare_in_genesys(
    file: &Handover,
    organization: &Organization,
    region: Option<&'static GenesysRegion>,
    manifest: Option<&Manifest>,
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
            "not compared: the OAuth client's address is not that of a region",
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
    compared.extend(partition(file));
    if !file.refuted.is_empty() {
        let found = format!("the writer refuted: {}", file.refuted.join(", "));
        let verdict =
            format!("the file says that the role is not safe or does not work: {}", file.refuted.join(", "));
        let stated = Compared::new(Subject::Stated, Agreement::Contradicts, found);
        compared.push(Compared { verdict: Some(verdict), ..stated });
    }
    let (Some(role), Some(observed)) = (&file.role, observed) else {
        compared.push(Compared::new(
            Subject::Role,
            Agreement::Nothing,
            "not compared: the file names no role",
        ));
        let found = "not compared: the file names no role";
        compared.push(Compared::new(Subject::Functions, Agreement::Nothing, found));
        return compared;
    };
    let known = meant(file, role, manifest, observed);
    if known.is_empty() {
        let found = format!(
            "not compared: no integration for AWS Lambda uses this role yet; confirm account {} by another way first, then `rolecall \
             genesys connect --role-arn {role}` makes one",
            role.account
        );
        compared.push(Compared::new(Subject::Role, Agreement::Nothing, found));
        let found = "not compared: no integration uses the role yet";
        compared.push(Compared::new(Subject::Functions, Agreement::Nothing, found));
    }
    for known in &known {
        compared.push(credential(known, role, observed));
        compared.push(actions(known, &file.functions));
    }
    let absent = named_by(manifest).filter(|name| known.iter().all(|known| known.record.name != *name));
    if let Some(name) = absent.filter(|_| !known.is_empty()) {
        let found = format!("not compared: the manifest's integration `{}` does not exist", Shown(&name));
        compared.push(Compared::new(Subject::Role, Agreement::Nothing, found));
    }
    let others = observed.integrations.iter().filter(|it| it.kind == Kind::Lambda);
    let others = others.filter(|it| !known.iter().any(|known| known.record.id == it.record.id));
    let others: Vec<String> = others.map(|it| format!("`{}`", Shown(&it.record.name))).collect();
    if !others.is_empty() {
        let found = format!(
            "not compared: the actions of {}, which neither the manifest nor the file names and whose notes do not name this role",
            others.join(", ")
        );
        compared.push(Compared::new(Subject::Functions, Agreement::Nothing, found));
    }
    compared
}

/// The name of the integration that the manifest asks for.
fn named_by(manifest: Option<&Manifest>) -> Option<String> {
    manifest.filter(|manifest| is_asked_for(manifest)).map(|manifest| own_names(manifest).0)
}

/// The integrations for Lambda that are compared: the manifest's own, those whose notes name the role, and the one that the file
/// names. The file adds to them and takes none away: it must not choose what it is compared with.
fn meant<'o>(
    file: &Handover,
    role: &RoleArn,
    manifest: Option<&Manifest>,
    observed: &'o Observed,
) -> Vec<&'o ObservedIntegration> {
    let text = role.to_string();
    let own = named_by(manifest);
    let own = own.as_deref().unwrap_or(role.name.as_str());
    let is_meant = |known: &&ObservedIntegration| {
        let name = &known.record.name;
        known.kind == Kind::Lambda
            && (own == name
                || file.integration.as_ref() == Some(name)
                || known.mark.as_ref().is_some_and(|mark| mark.role == text))
    };
    observed.integrations.iter().filter(is_meant).collect()
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
        ClaimKind::OnlyTargets | ClaimKind::EveryTarget | ClaimKind::Organization => None,
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
                Some(mark) => {
                    let found = format!(
                        "the notes of integration `{name}` say that rolecall wrote it for {}, but the file says {wanted}",
                        Shown(&mark.role)
                    );
                    return Compared::new(Subject::Role, Agreement::Contradicts, found);
                }
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
    let name = Shown(&known.record.name);
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
        (true, true, 0) => {
            (Agreement::Nothing, format!("not compared: integration `{name}` has no actions yet"))
        }
        (true, true, number) => {
            let found =
                format!("{number} of {number} actions of integration `{name}` call a function of the file");
            (Agreement::Same, found)
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
