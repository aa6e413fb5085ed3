//! The credential of an integration for addresses: what is there → what is planned.

use serde_json::json;

use super::super::{Configuration, plan, plan_destroy, plan_rewriting};
use super::*;
use crate::observe::genesys::{Acceptance, CredentialForm};
use crate::ports::genesys::{
    IntegrationConfig, IntegrationRecord, IntendedState, Organization, ReportedState,
};
use crate::ports::secrets::{SecretId, SecretLocation};

const ROLE: &str = "arn:aws:iam::123456789012:role/Orders";
const SIGNED: &str = "Stock (rolecall 123456789012:Orders)";
const ORGANIZATION: &str = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94";
const WRITTEN: &str = "2026-11-21T11:00:00.000Z";

fn desired() -> Desired {
    let source = SecretLocation::Secret(SecretId::Name("stock".to_owned()));
    let content = CredentialContent::Secret { type_name: "basicAuth".to_owned(), source };
    let addresses = DesiredIntegration {
        kind: Kind::WebServices,
        name: "Orders".to_owned(),
        notes: None,
        credential: Some(DesiredCredential { name: "Stock".to_owned(), content }),
        actions: Vec::new(),
    };
    Desired {
        role: ROLE.parse().unwrap(),
        resource: None,
        organization: ORGANIZATION.parse().unwrap(),
        integrations: vec![addresses],
    }
}

fn unstated() -> Desired {
    let mut desired = desired();
    desired.integrations[0].credential = None;
    desired
}

fn credential(id: &str, name: &str, type_name: &str) -> CredentialRecord {
    CredentialRecord {
        id: id.to_owned(),
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        modified: Some(WRITTEN.to_owned()),
        fields: Default::default(),
    }
}

fn own() -> CredentialRecord {
    credential("c1", SIGNED, "basicAuth")
}

fn mark() -> Mark {
    Mark {
        role: ROLE.to_owned(),
        resource: None,
        adopted: false,
        replaced: None,
        credential: Some(("c1".to_owned(), Some(WRITTEN.to_owned()))),
        secret: Some("stock".to_owned()),
    }
}

/// Everything as desired.
fn settled() -> Observed {
    let integration = ObservedIntegration {
        kind: Kind::WebServices,
        record: IntegrationRecord {
            id: "i1".to_owned(),
            name: "Orders".to_owned(),
            type_id: Kind::WebServices.type_id().to_owned(),
            intended: IntendedState::Enabled,
            reported: Some(ReportedState::Active),
            detail: None,
        },
        config: IntegrationConfig {
            name: "Orders".to_owned(),
            version: 2,
            properties: json!({}),
            advanced: json!({}),
            notes: String::new(),
            credentials: [("basicAuth".to_owned(), "c1".to_owned())].into(),
        },
        mark: Some(mark()),
        notes: String::new(),
        credential: Some(own()),
        actions: Vec::new(),
        drafts: Vec::new(),
    };
    Observed {
        organization: Organization { id: ORGANIZATION.to_owned(), name: "Centre".to_owned() },
        form: CredentialForm::default(),
        acceptance: Some(Acceptance {
            key: Some("basicAuth".to_owned()),
            accepted: vec!["basicAuth".to_owned(), "userDefined".to_owned()],
            required: vec!["userName".to_owned()],
        }),
        integrations: vec![integration],
        credentials: vec![own()],
        orphans: Vec::new(),
    }
}

/// An integration whose credential administrators gave it.
fn given_by_others(observed: &mut Observed) {
    let known = &mut observed.integrations[0];
    known.mark = Some(Mark { credential: None, secret: None, ..mark() });
    let theirs = credential("c0", "Theirs", "userDefined");
    known.config.credentials = [("basicAuth".to_owned(), "c0".to_owned())].into();
    known.credential = Some(theirs.clone());
    observed.credentials = vec![theirs];
}

fn with(change: impl FnOnce(&mut Observed)) -> Observed {
    let mut observed = settled();
    change(&mut observed);
    observed
}

/// The steps in short, and the notices.
fn shape(plan: &Plan) -> Vec<String> {
    let step = |step: &Step| match step {
        Step::CreateCredential { credential } => format!("create {}", credential.type_name),
        Step::UpdateCredential { id, why, .. } => format!("update {id}: {why}"),
        Step::DeleteCredential { id, why, .. } => format!("delete {id}: {why:?}"),
        Step::Configure { after: Configuration { credential, mark, .. }, .. } => {
            let credential = match credential {
                Attachment::Left => "left".to_owned(),
                Attachment::Attached { key, id: Id::Known(id) } => format!("{key} = {id}"),
                Attachment::Attached { key, id: Id::Made(_) } => format!("{key} = new"),
                Attachment::Detached { key } => format!("no {key}"),
            };
            let replaced = mark.as_ref().and_then(|mark| mark.replaced.as_ref());
            let replaced = replaced.map(|id| format!(", replaces {id}")).unwrap_or_default();
            format!("configure {credential}{replaced}")
        }
        other => format!("{other:?}").split([' ', '{']).next().unwrap().to_owned(),
    };
    let notice = |notice: &Notice| format!("? {notice:?}").split(" {").next().unwrap().to_owned();
    plan.steps().iter().map(step).chain(plan.notices.iter().map(notice)).collect()
}

#[test]
fn each_difference_of_the_credential_has_its_steps() {
    type Change = fn(&mut Observed);
    fn known(observed: &mut Observed) -> &mut ObservedIntegration {
        &mut observed.integrations[0]
    }
    let cases: [(&str, Change, &[&str]); 14] = [
        ("as desired", |_| {}, &["? ValuesNotShown"]),
        (
            "no integration yet",
            |it| {
                it.integrations.clear();
                it.credentials.clear();
            },
            &["create basicAuth", "CreateIntegration", "configure basicAuth = new", "SetState"],
        ),
        (
            "deleted by others",
            |it| {
                it.credentials.clear();
                known(it).credential = None;
            },
            &["create basicAuth", "configure basicAuth = new"],
        ),
        (
            "detached by others",
            |it| known(it).config.credentials.clear(),
            &["configure basicAuth = c1", "? ValuesNotShown"],
        ),
        (
            "another one attached by others",
            |it| {
                let theirs = credential("c0", "Theirs", "userDefined");
                known(it).config.credentials = [("basicAuth".to_owned(), "c0".to_owned())].into();
                known(it).credential = Some(theirs.clone());
                it.credentials.push(theirs);
            },
            &["configure basicAuth = c1", "? ValuesNotShown"],
        ),
        (
            "changed by others",
            |it| it.credentials[0].modified = Some("2026-11-22T11:00:00.000Z".to_owned()),
            &[
                "update c1: it was changed at 2026-11-22T11:00:00.000Z, and its current value cannot be read",
                "configure basicAuth = c1",
            ],
        ),
        (
            "renamed by others",
            |it| it.credentials[0].name = "Other".to_owned(),
            &["update c1: it is named `Other`", "configure basicAuth = c1"],
        ),
        (
            "made of another secret",
            |it| known(it).mark.as_mut().unwrap().secret = Some("old".to_owned()),
            &["update c1: its values are of `old`", "configure basicAuth = c1"],
        ),
        (
            "of another type before",
            |it| {
                let before = credential("c1", SIGNED, "userDefined");
                it.credentials = vec![before.clone()];
                known(it).credential = Some(before);
            },
            &["create basicAuth", "configure basicAuth = new", "delete c1: Replaced"],
        ),
        (
            "of a type that Genesys Cloud does not tell",
            |it| it.credentials[0].type_name = String::new(),
            &["? ValuesNotShown"],
        ),
        (
            "of another type in the list alone",
            |it| it.credentials[0].type_name = "userDefined".to_owned(),
            &["create basicAuth", "configure basicAuth = new", "delete c1: Replaced"],
        ),
        (
            "the first one of rolecall's",
            given_by_others,
            &["create basicAuth", "configure basicAuth = new, replaces c0"],
        ),
        (
            "a run was stopped before it attached it",
            |it| {
                known(it).mark = Some(Mark { credential: None, secret: None, ..mark() });
                known(it).config.credentials.clear();
                known(it).credential = None;
                it.orphans = vec![own()];
            },
            &[
                "update c1: an earlier run stopped before it attached the credential",
                "configure basicAuth = c1",
            ],
        ),
        (
            "a run was stopped before the type was changed",
            |it| it.orphans = vec![credential("c2", SIGNED, "userDefined")],
            &["delete c2: NotInManifest", "? ValuesNotShown"],
        ),
    ];
    for (name, change, expected) in cases {
        assert_eq!(shape(&plan(&desired(), &with(change), false).unwrap()), expected, "{name}");
    }
}

/// The role's credential of a stopped run is no credential for addresses, and the other way round.
#[test]
fn an_orphan_is_taken_up_by_its_own_kind() {
    let role = credential("c9", SIGNED, "amazonWebServicesARN");
    let observed = with(|it| {
        it.integrations.clear();
        it.credentials = vec![role.clone()];
        it.orphans = vec![role.clone()];
    });
    let planned = shape(&plan(&desired(), &observed, false).unwrap());
    assert_eq!(
        planned,
        [
            "create basicAuth",
            "CreateIntegration",
            "configure basicAuth = new",
            "SetState",
            "delete c9: NotInManifest"
        ]
    );
}

#[test]
fn rewriting_writes_the_same_credential_again() {
    let plan = plan_rewriting(&desired(), &settled(), false, Rewriting::Always).unwrap();
    assert_eq!(shape(&plan), ["update c1: you asked for it", "configure basicAuth = c1"]);
}

#[test]
fn without_the_section_the_credential_goes_and_what_it_replaced_comes_back() {
    let planned = |observed: &Observed| shape(&plan(&unstated(), observed, false).unwrap());
    assert_eq!(planned(&settled()), ["configure no basicAuth", "delete c1: NotInManifest"]);
    let replaced = with(|it| {
        it.integrations[0].mark.as_mut().unwrap().replaced = Some("c0".to_owned());
        it.credentials.push(credential("c0", "Theirs", "userDefined"));
    });
    assert_eq!(planned(&replaced), ["configure basicAuth = c0", "delete c1: NotInManifest"]);
    let replaced_and_gone =
        with(|it| it.integrations[0].mark.as_mut().unwrap().replaced = Some("c0".to_owned()));
    assert_eq!(planned(&replaced_and_gone), ["configure no basicAuth", "delete c1: NotInManifest"]);
    // What administrators gave it stays theirs.
    assert_eq!(planned(&with(given_by_others)), Vec::<String>::new());
}

#[test]
fn destroying_leaves_only_the_credential_of_others() {
    let role = ROLE.parse().unwrap();
    assert_eq!(shape(&plan_destroy(&role, &settled())), ["DeleteIntegration", "delete c1: Destroyed"]);
    assert_eq!(shape(&plan_destroy(&role, &with(given_by_others))), ["DeleteIntegration"]);
    let adopted = with(|it| {
        let mark = it.integrations[0].mark.as_mut().unwrap();
        (mark.adopted, mark.replaced) = (true, Some("c0".to_owned()));
        it.credentials.push(credential("c0", "Theirs", "userDefined"));
    });
    assert_eq!(
        shape(&plan_destroy(&role, &adopted)),
        ["configure basicAuth = c0", "delete c1: Destroyed", "? Kept"]
    );
}

#[test]
fn a_type_that_the_integration_does_not_take_is_no_plan() {
    let refused = |key: Option<&str>, accepted: &[&str]| {
        let observed = with(|it| {
            it.acceptance = Some(Acceptance {
                key: key.map(str::to_owned),
                accepted: accepted.iter().map(|name| (*name).to_owned()).collect(),
                required: Vec::new(),
            });
        });
        plan(&desired(), &observed, false).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(refused(Some("basicAuth"), &["basicAuth"]), Ok(()));
    insta::assert_snapshot!(refused(None, &["userDefined", "userDefinedOAuth"]).unwrap_err(), @"Genesys Cloud does not accept a credential of the type `basicAuth` (`type` in [genesys.web_services.credential]) for an integration of the type `custom-rest-actions`; it accepts `userDefined`, `userDefinedOAuth`");
    insta::assert_snapshot!(refused(None, &[]).unwrap_err(), @"Genesys Cloud does not accept a credential of the type `basicAuth` (`type` in [genesys.web_services.credential]) for an integration of the type `custom-rest-actions`; it names no type that it accepts there");
}
