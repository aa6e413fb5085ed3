//! A file of whoever has AWS, beside what Genesys Cloud shows.

use rolecall_model::handover::Handover;
use rolecall_model::region::Region as GenesysRegion;
use rolecall_model::shown::Shown;

use super::{Agreement, Compared, Subject, called, partition, regions, trusted};
use crate::desired::genesys::{Kind, is_asked_for, own_names};
use crate::iam::arn::{FunctionArn, RoleArn};
use crate::manifest::Manifest;
use crate::observe::genesys::{Observed, ObservedIntegration};
use crate::ports::genesys::Organization;

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
            "not compared: no integration for AWS Lambda uses this role yet; confirm account {} in another way first, then `rolecall \
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
