//! What to do now: the fewest steps that end all differences and close every way past the role, in the order in which they work. Pure.
//!
//! What narrows comes first. A change of the manifest comes before the `apply` that would be refused without it, and what only
//! people can do in a service comes last. Deliberately absent: deleting what people made, as long as something else is a repair.

use super::difference::{Attribute, Difference, State, Subject, Values};
use crate::iam::arn::FunctionArn;
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
    ApplyBoundary,
    /// Somebody else makes the boundary.
    MakeBoundary,
    /// The manifest gets the path that the role has.
    EditPath(String),
    /// Something that people do, to these.
    ByHand(Repair, Vec<String>),
    /// The manifest is applied.
    Apply(Flags),
}

/// The steps. `boundary` says whether the boundary of the targets is another document than rolecall would write.
#[must_use]
pub fn to_do(differences: &[Difference], survey: Option<&Survey>, boundary_differs: bool) -> Vec<Deed> {
    let ways = survey.map(|survey| ways_past(&survey.sides, &survey.desired)).unwrap_or_default();
    let mut deeds: Vec<Deed> = ways.into_iter().map(Deed::from).collect();
    let flags = differences.iter().filter_map(|difference| difference.repair.flags());
    let flags = flags.reduce(Flags::or);
    let missing = flags.and_then(|flags| flags.missing_boundary);
    if boundary_differs || missing == Some(MissingBoundary::Own) {
        deeds.push(Deed::ApplyBoundary);
    }
    if missing == Some(MissingBoundary::Other) {
        deeds.push(Deed::MakeBoundary);
    }
    let (before, after): (Vec<_>, Vec<_>) =
        differences.iter().filter_map(by_hand).partition(|(repair, _)| comes_before_apply(*repair));
    deeds.extend(grouped(before));
    deeds.extend(flags.map(|flags| Deed::Apply(Flags { missing_boundary: None, ..flags })));
    deeds.extend(grouped(after));
    deeds
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
        Repair::EditPath => match (&difference.attribute, &difference.values) {
            (Attribute::Path, Values::Stated { actual: Some(State::Text(path)), .. }) => {
                Some((Repair::EditPath, path.clone()))
            }
            _ => None,
        },
        repair @ (Repair::Elsewhere(_)
        | Repair::ElsewhereInGenesys(_)
        | Repair::NameIntegrationId
        | Repair::EditOrganization
        | Repair::DeployFunction
        | Repair::LookAtIntegration
        | Repair::ListAction
        | Repair::FitQuota
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
        | Repair::LookAtIntegration => false,
    }
}

/// Each step once, with all that it is about.
fn grouped(steps: Vec<(Repair, String)>) -> Vec<Deed> {
    let mut deeds: Vec<Deed> = Vec::new();
    for (repair, name) in steps {
        if repair == Repair::EditPath {
            deeds.push(Deed::EditPath(name));
            continue;
        }
        let same = deeds.iter_mut().find_map(|deed| match deed {
            Deed::ByHand(known, names) if *known == repair => Some(names),
            _ => None,
        });
        match same {
            Some(names) if names.contains(&name) => {}
            Some(names) => names.push(name),
            None => deeds.push(Deed::ByHand(repair, vec![name])),
        }
    }
    deeds
}
