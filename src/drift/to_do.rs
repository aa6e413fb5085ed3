//! What to do now: the fewest steps that end all differences and close every way past the role, in the order in which they work. Pure.
//!
//! What narrows comes first. A change of the manifest comes before the `apply` that would be refused without it, and what only
//! people can do in a service comes last. Deliberately absent: deleting what people made, as long as something else is a repair.

use super::difference::{Difference, Subject};
use crate::iam::arn::{FunctionArn, RoleArn};
use crate::manifest::Manager;
use crate::observe::aws::ObservedBoundary;
use crate::observe::ownership::is_owned;
use crate::observe::survey::{MissingBoundary, Survey};
use crate::verify::functions::{WayPast, ways_past};
use crate::verify::repair::{Flags, Repair};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The statement of a function's policy goes; `None` is one without an ID, which no call names.
    RemoveStatement {
        /// The function in the form that has the policy.
        function: FunctionArn,
        /// The statement's ID.
        statement: Option<String>,
    },
    /// The URL of a function asks for a signature.
    SignUrl(FunctionArn),
    /// An administrator writes the boundary of the targets.
    ApplyBoundary {
        /// Whether it has lost rolecall's owner tag.
        adopt: bool,
    },
    /// Somebody else makes the boundary.
    MakeBoundary,
    /// The manifest gets the path that the role has.
    EditPath(String),
    /// Whoever enters the role's ARN where it is assumed from enters this one.
    EnterArn(RoleArn, Connector),
    /// Something that people do, to these.
    ByHand(Repair, Vec<String>),
    /// The manifest is applied.
    Apply(Flags, Extent),
    /// The credential of the integration is written again.
    RewriteCredential,
    /// What could not be compared is compared after all.
    CompareAgain(Unread),
}

/// How much of the manifest is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Whole,
    /// AWS: Genesys Cloud cannot be read, and nothing waits for that.
    Aws,
}

/// What could not be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    Aws,
    GenesysCloud,
}

/// Who enters the role's ARN where it is assumed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connector {
    /// `apply`.
    Rolecall,
    /// A tool that makes the Genesys Cloud side.
    Tool(Manager),
    /// People in Genesys Cloud.
    People,
    /// Another vendor.
    Vendor(String),
}

/// What the steps follow from, beside the differences.
#[derive(Debug)]
pub struct Standing<'s> {
    /// AWS as it is, and as it should be.
    pub survey: &'s Survey,
    /// The boundary of the targets, where it is another document than rolecall would write.
    pub boundary: Option<&'s ObservedBoundary>,
    /// Who enters the role's ARN.
    pub connector: Connector,
    /// What could not be compared.
    pub unread: Option<Unread>,
}

impl Standing<'_> {
    /// The steps.
    #[must_use]
    pub fn to_do(self, differences: &[Difference]) -> Vec<Deed> {
        let Self { survey, boundary, connector, unread } = self;
        let mut deeds: Vec<Deed> =
            ways_past(&survey.sides, &survey.desired).into_iter().map(Deed::from).collect();
        let (before, after): (Vec<_>, Vec<_>) =
            differences.iter().filter_map(by_hand).partition(|(repair, _)| comes_before_apply(*repair));
        // Of another organization, nothing but that is compared.
        let is_other = before.iter().any(|(repair, _)| *repair == Repair::EditOrganization);
        let unread =
            unread.or((is_other && connector == Connector::Rolecall).then_some(Unread::GenesysCloud));
        let (moved, before): (Vec<_>, Vec<_>) =
            before.into_iter().partition(|(repair, _)| *repair == Repair::EditPath);
        let moved = survey.elsewhere().filter(|_| !moved.is_empty());
        let flags = differences.iter().filter_map(|difference| difference.repair.flags()).reduce(Flags::or);
        // The manifest's new ARN is what Genesys Cloud must assume.
        let connects = (moved.is_some() && connector == Connector::Rolecall).then(Flags::default);
        let (flags, boundary, extent) = match unread {
            // `apply` and `boundary apply` stop at the same error.
            Some(Unread::Aws) => (None, None, Extent::Whole),
            Some(Unread::GenesysCloud) => (flags, boundary, Extent::Aws),
            None => (flags.or(connects), boundary, Extent::Whole),
        };
        let missing = flags.and_then(|flags| flags.missing_boundary);
        if boundary.is_some() || missing == Some(MissingBoundary::Own) {
            let tags = boundary.and_then(|boundary| boundary.tags.as_ref());
            let adopt = tags.is_some_and(|tags| !is_owned(tags, &survey.desired.role.name));
            deeds.push(Deed::ApplyBoundary { adopt });
        }
        if missing == Some(MissingBoundary::Other) {
            deeds.push(Deed::MakeBoundary);
        }
        deeds.extend(moved.map(|role| Deed::EditPath(role.path.clone())));
        deeds.extend(grouped(before));
        deeds.extend(flags.map(|flags| Deed::Apply(Flags { missing_boundary: None, ..flags }, extent)));
        if moved.is_some() && connector != Connector::Rolecall {
            deeds.push(Deed::EnterArn(survey.found_arn(), connector));
        }
        // It is refused while a function is missing.
        let (rewrites, after): (Vec<_>, Vec<_>) =
            after.into_iter().partition(|(repair, _)| *repair == Repair::RewriteCredential);
        deeds.extend(grouped(after));
        deeds.extend((!rewrites.is_empty()).then_some(Deed::RewriteCredential));
        // Where nothing else can be done, the error says all there is to say.
        deeds.extend(unread.filter(|_| !deeds.is_empty()).map(Deed::CompareAgain));
        deeds
    }
}

impl From<WayPast> for Deed {
    fn from(way: WayPast) -> Self {
        match way {
            WayPast::Statement { function, statement } => Self::RemoveStatement { function, statement },
            WayPast::Url(function) => Self::SignUrl(function),
        }
    }
}

/// What people do about a difference, and to what.
fn by_hand(difference: &Difference) -> Option<(Repair, String)> {
    match difference.repair {
        Repair::Apply(_) => None,
        repair @ (Repair::EditPath
        | Repair::Elsewhere(_)
        | Repair::ElsewhereInGenesys(_)
        | Repair::NameIntegrationId
        | Repair::EditOrganization
        | Repair::DeployFunction
        | Repair::LookAtIntegration
        | Repair::ListAction
        | Repair::FitQuota
        | Repair::RewriteCredential
        | Repair::RenameIntegration) => Some((repair, named(&difference.subject))),
    }
}

fn named(subject: &Subject) -> String {
    match subject {
        Subject::Role(arn) => arn.to_string(),
        Subject::Policy(arn) => arn.to_string(),
        Subject::Function(arn) => arn.to_string(),
        Subject::Genesys { part: _, name } => name.clone(),
    }
}

/// Whether `apply` refuses its plan until this is done.
fn comes_before_apply(repair: Repair) -> bool {
    match repair {
        Repair::EditPath
        | Repair::EditOrganization
        | Repair::ListAction
        | Repair::FitQuota
        | Repair::NameIntegrationId
        | Repair::RenameIntegration => true,
        Repair::Apply(_)
        | Repair::Elsewhere(_)
        | Repair::ElsewhereInGenesys(_)
        | Repair::DeployFunction
        | Repair::RewriteCredential
        | Repair::LookAtIntegration => false,
    }
}

/// Each step once, with all that it is about.
fn grouped(steps: Vec<(Repair, String)>) -> Vec<Deed> {
    let mut groups: Vec<(Repair, Vec<String>)> = Vec::new();
    for (repair, name) in steps {
        match groups.iter_mut().find(|(known, _)| *known == repair) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => groups.push((repair, vec![name])),
        }
    }
    groups.into_iter().map(|(repair, names)| Deed::ByHand(repair, names)).collect()
}
