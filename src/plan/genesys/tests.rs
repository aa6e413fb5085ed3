use serde_json::json;

use super::*;
use crate::desired::genesys::{DesiredAction, DesiredCredential, Kind, Sign, StackResource};
use crate::observe::genesys::{CredentialForm, Namesakes};
use crate::plan::Retired;
use crate::ports::genesys::{
    ActionConfig, ActionRecord, Contract, IntegrationConfig, IntegrationRecord, Organization, Template,
};

const ROLE: &str = "arn:aws:iam::123456789012:role/GenesysDataActionRole";
const ORGANIZATION: &str = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94";
const WRITTEN: &str = "2026-11-21T11:00:00.000Z";

fn config(url: &str) -> ActionConfig {
    ActionConfig {
        timeout_seconds: Some(10),
        url_template: url.to_owned(),
        method: "POST".to_owned(),
        headers: Default::default(),
        request_template: Some(Template::Text("${input.rawRequest}".to_owned())),
        translation_map: Default::default(),
        translation_map_defaults: Default::default(),
        success_template: None,
    }
}

fn contract() -> Contract {
    Contract { input: json!({"type": "object"}), output: json!({"type": "object"}) }
}

const URL: &str = "arn:aws:lambda:us-east-1:123456789012:function:orders";

fn desired() -> Desired {
    let action = DesiredAction {
        name: "Get order".to_owned(),
        category: "Orders".to_owned(),
        secure: false,
        contract: contract(),
        config: config(URL),
    };
    let lambda = DesiredIntegration {
        kind: Kind::Lambda,
        name: "Orders".to_owned(),
        notes: Some("Ask us.".to_owned()),
        credential: Some(DesiredCredential::of_role("Orders role".to_owned())),
        actions: vec![action],
    };
    Desired {
        role: ROLE.parse().unwrap(),
        resource: None,
        organization: ORGANIZATION.parse().unwrap(),
        integrations: vec![lambda],
    }
}

fn action(id: &str, name: &str) -> ActionRecord {
    ActionRecord {
        id: id.to_owned(),
        name: name.to_owned(),
        category: "Orders".to_owned(),
        integration_id: "i1".to_owned(),
        version: 3,
        secure: false,
        contract: Some(contract()),
        config: Some(config(URL)),
    }
}

fn credential(id: &str) -> CredentialRecord {
    CredentialRecord {
        id: id.to_owned(),
        name: "Orders role (rolecall 123456789012:GenesysDataActionRole)".to_owned(),
        type_name: "amazonWebServicesARN".to_owned(),
        modified: Some(WRITTEN.to_owned()),
        fields: Default::default(),
    }
}

/// An organization in which nothing is.
fn empty() -> Observed {
    Observed {
        organization: Organization { id: ORGANIZATION.to_owned(), name: "Centre".to_owned() },
        form: CredentialForm::default(),
        acceptance: None,
        integrations: Vec::new(),
        credentials: Vec::new(),
        orphans: Vec::new(),
    }
}

/// One in which everything is as desired.
fn settled() -> Observed {
    let mark = Mark {
        resource: None,
        role: ROLE.to_owned(),
        adopted: false,
        replaced: None,
        credential: Some(("c1".to_owned(), Some(WRITTEN.to_owned()))),
        secret: None,
    };
    let integration = ObservedIntegration {
        kind: Kind::Lambda,
        record: IntegrationRecord {
            id: "i1".to_owned(),
            name: "Orders".to_owned(),
            type_id: Kind::Lambda.type_id().to_owned(),
            intended: IntendedState::Enabled,
            reported: Some(ReportedState::Active),
            detail: None,
        },
        config: IntegrationConfig {
            name: "Orders".to_owned(),
            version: 2,
            properties: json!({}),
            advanced: json!({}),
            notes: mark.write("Ask us."),
            credentials: [("AmazonWebServicesARN".to_owned(), "c1".to_owned())].into(),
        },
        mark: Some(mark),
        notes: "Ask us.".to_owned(),
        credential: Some(credential("c1")),
        actions: vec![action("a1", "Get order")],
        drafts: Vec::new(),
    };
    Observed { integrations: vec![integration], credentials: vec![credential("c1")], ..empty() }
}

/// The steps by the calls that they are, and the notices by what they are about.
fn shape(plan: &Plan) -> Vec<String> {
    let name = |step: &Step| format!("{step:?}").split([' ', '{']).next().unwrap().to_owned();
    let notice = |notice: &Notice| format!("? {notice:?}").split(" {").next().unwrap().to_owned();
    plan.steps.iter().map(name).chain(plan.notices.iter().map(notice)).collect()
}

fn plan_of(observed: &Observed) -> Plan {
    plan(&desired(), observed, false).unwrap()
}

#[test]
fn nothing_becomes_everything_and_everything_stays() {
    assert_eq!(
        shape(&plan_of(&empty())),
        ["CreateCredential", "CreateIntegration", "Configure", "SetState", "CreateAction"]
    );
    let plan = plan_of(&settled());
    assert_eq!(shape(&plan), ["? Unverifiable"]);
    assert!(plan.is_in_sync(), "what cannot be known is no difference, and no agreement either");
}

/// A change of what is there → the plan that mends it.
#[test]
fn each_difference_has_its_steps() {
    type Change = fn(&mut Observed);
    fn own(observed: &mut Observed) -> &mut ObservedIntegration {
        &mut observed.integrations[0]
    }
    let cases: [(Change, &[&str]); 23] = [
        // The credential.
        (
            |it| {
                it.credentials.clear();
                own(it).credential = None;
            },
            &["CreateCredential", "Configure"],
        ),
        // One that no list shows, but that the configuration names.
        (|it| it.credentials.clear(), &["UpdateCredential", "Configure"]),
        (
            |it| {
                it.credentials.clear();
                it.orphans = vec![credential("c2")];
            },
            &["UpdateCredential", "Configure"],
        ),
        (|it| it.credentials[0].name = "Other".to_owned(), &["UpdateCredential", "Configure"]),
        (|it| it.credentials[0].modified = Some(WRITTEN.to_owned()), &["? Unverifiable"]),
        (|it| it.credentials[0].modified = Some("2026-11-21T11:00:59Z".to_owned()), &["? MayBeChanged"]),
        (
            |it| it.credentials[0].modified = Some("2026-11-21T11:01:01Z".to_owned()),
            &["UpdateCredential", "Configure"],
        ),
        (|it| it.credentials[0].modified = None, &["? Unverifiable"]),
        (
            |it| {
                let shown = own(it).credential.as_mut().unwrap();
                shown.fields.insert("ARN".to_owned(), ROLE.to_owned());
            },
            &[],
        ),
        (
            |it| {
                let shown = own(it).credential.as_mut().unwrap();
                shown.fields.insert("ARN".to_owned(), format!("{ROLE}2"));
            },
            &["UpdateCredential", "Configure"],
        ),
        (
            |it| {
                let shown = own(it).credential.as_mut().unwrap();
                shown.fields.insert("ARN".to_owned(), "********".to_owned());
            },
            &["? Unverifiable"],
        ),
        (
            |it| {
                own(it).config.credentials.insert("AmazonWebServicesARN".to_owned(), "c9".to_owned());
            },
            &["Configure", "? Unverifiable"],
        ),
        // The integration.
        (|it| own(it).config.name = "Renamed".to_owned(), &["Configure", "? Unverifiable"]),
        (|it| own(it).notes = "Other.".to_owned(), &["Configure", "? Unverifiable"]),
        (|it| own(it).record.intended = IntendedState::Disabled, &["SetState", "? Unverifiable"]),
        (
            |it| own(it).record.reported = Some(ReportedState::Error),
            &["SetState", "? Unverifiable", "? NotActive"],
        ),
        // Enabled by a run that did not wait for it to the end.
        (
            |it| own(it).record.reported = Some(ReportedState::Activating),
            &["SetState", "? Unverifiable", "? NotActive"],
        ),
        (|it| own(it).record.reported = None, &["SetState", "? Unverifiable", "? NotActive"]),
        // The actions.
        (|it| own(it).actions[0].config = Some(config("x")), &["UpdateAction", "? Unverifiable"]),
        (|it| own(it).actions[0].secure = true, &["CreateAction", "DeleteAction", "? Unverifiable"]),
        (|it| own(it).actions.push(action("a2", "Else")), &["DeleteAction", "? Unverifiable"]),
        (|it| own(it).drafts = own(it).actions.split_off(0), &["PublishDraft", "? Unverifiable"]),
        (
            |it| {
                let mut draft = own(it).actions.remove(0);
                draft.secure = true;
                own(it).drafts.push(draft);
            },
            &["DiscardDraft", "CreateAction", "? Unverifiable"],
        ),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        let mut observed = settled();
        change(&mut observed);
        assert_eq!(shape(&plan_of(&observed)), expected, "case {index}");
    }
}

/// What an earlier replacement did not get to delete is not mistaken for the action.
#[test]
fn of_two_actions_of_one_name_the_fitting_one_stays() {
    let mut observed = settled();
    let mut old = action("a0", "Get order");
    old.contract = Some(Contract { input: json!({"type": "object", "properties": {"a": {}}}), ..contract() });
    observed.integrations[0].actions.insert(0, old);
    let plan = plan_of(&observed);
    let retired = Retired { id: "a0", name: "Get order", why: Retirement::Replaced };
    assert_eq!(crate::plan::Plan::from(plan).retired(), [retired]);
}

#[test]
fn what_is_not_rolecalls_is_refused_and_can_be_adopted() {
    let mut observed = settled();
    let own = &mut observed.integrations[0];
    own.mark = None;
    own.actions.push(action("a2", "Else"));
    let refused = plan(&desired(), &observed, false).unwrap_err();
    assert!(matches!(refused, PlanError::NotOwned { owner: None, .. }), "{refused}");
    let adopted = plan(&desired(), &observed, true).unwrap();
    assert_eq!(shape(&adopted), ["UpdateCredential", "Configure", "? ForeignAction"]);
    let Step::Configure { after, .. } = &adopted.steps[1] else { panic!("{:?}", adopted.steps[1]) };
    assert!(after.mark.as_ref().is_some_and(|mark| mark.adopted), "it is never deleted");
    // The same of an integration that rolecall made for another role.
    let mut other = settled();
    other.integrations[0].mark.as_mut().unwrap().role = format!("{ROLE}2");
    let refused = plan(&desired(), &other, false).unwrap_err().to_string();
    assert!(refused.contains("exists and rolecall made it for the role"), "{refused}");
    // Two of the name, and none is marked.
    let twin = observed.integrations[0].clone();
    observed.integrations.push(twin);
    assert!(matches!(plan(&desired(), &observed, true), Err(PlanError::Ambiguous { .. })));
    // An empty one of that name is somebody's; with the sign behind the name it is what a run leaves that was stopped before
    // it could mark it.
    let mut bare = settled();
    let own = &mut bare.integrations[0];
    (own.mark, own.notes) = (None, String::new());
    own.config.credentials.clear();
    own.actions.clear();
    let refused = plan(&desired(), &bare, false).unwrap_err();
    assert!(matches!(refused, PlanError::NotOwned { owner: None, .. }), "{refused}");
    assert!(plan_destroy(&ROLE.parse().unwrap(), &bare).steps.is_empty());
    bare.integrations[0].record.name = desired().sign().on("Orders");
    assert_eq!(shape(&plan_of(&bare)), ["CreateCredential", "Configure", "CreateAction"]);
    let left = plan_destroy(&ROLE.parse().unwrap(), &bare);
    assert_eq!(shape(&left), ["DeleteIntegration"]);
    // Two runs at once left one each.
    let second = bare.integrations[0].clone();
    bare.integrations.push(second);
    assert_eq!(shape(&plan_of(&bare)), ["CreateCredential", "Configure", "CreateAction"]);
    // Somebody has put something in it since: it is his.
    bare.integrations[1].actions.push(action("a1", "Get order"));
    assert_eq!(shape(&plan_destroy(&ROLE.parse().unwrap(), &bare)), ["DeleteIntegration"]);
}

#[test]
fn what_only_the_sign_names_goes_with_the_role() {
    let role = ROLE.parse().unwrap();
    let orphan = Observed { orphans: vec![credential("c1"), credential("c2")], ..empty() };
    assert_eq!(shape(&plan_destroy(&role, &orphan)), ["DeleteCredential", "DeleteCredential"]);
    // One is taken for the manifest's own; another may be that of a run that goes on at this moment.
    assert_eq!(shape(&plan_of(&orphan))[..2], ["UpdateCredential", "CreateIntegration"]);
    let mut none = desired();
    none.integrations.clear();
    assert_eq!(shape(&plan(&none, &orphan, false).unwrap()), ["DeleteCredential", "DeleteCredential"]);
}

#[test]
fn destroy_is_limited_to_what_rolecall_made() {
    let role = ROLE.parse().unwrap();
    let of = |observed: &Observed| shape(&plan_destroy(&role, observed));
    assert_eq!(of(&settled()), ["DeleteAction", "DeleteIntegration", "DeleteCredential"]);
    assert!(of(&empty()).is_empty());
    let mut other = settled();
    other.integrations[0].mark.as_mut().unwrap().role = format!("{ROLE}2");
    assert!(of(&other).is_empty());
    let mut adopted = settled();
    adopted.integrations[0].mark.as_mut().unwrap().adopted = true;
    assert_eq!(of(&adopted), ["Configure", "DeleteCredential", "? Kept"]);
}

#[test]
fn an_alias_is_said_to_be_unverified() {
    let mut wanted = desired();
    wanted.integrations[0].actions[0].config.url_template = format!("{URL}:live");
    let notices = plan(&wanted, &settled(), false).unwrap().notices;
    assert!(notices.contains(&Notice::Qualified { action: "Get order".to_owned() }), "{notices:?}");
}

#[test]
fn the_client_must_be_of_the_organization_that_the_role_trusts() {
    let mut observed = settled();
    observed.organization.id = ORGANIZATION.to_uppercase();
    assert!(matches!(plan(&desired(), &observed, true), Err(PlanError::OtherOrganization { .. })));
}

#[test]
fn an_integration_of_a_stack_is_nobody_elses() {
    let stack = "arn:aws:cloudformation:us-east-1:123456789012:stack/centre/1".to_owned();
    let resource = StackResource { stack, logical_id: "Integration".to_owned() };
    let of_stack = |mut desired: Desired| {
        desired.resource = Some(resource.clone());
        desired
    };
    let mut observed = settled();
    observed.integrations[0].mark.as_mut().unwrap().resource = Some(resource.clone());
    observed.integrations[0].config.notes = observed.integrations[0].mark.as_ref().unwrap().write("Ask us.");
    observed.credentials[0].name = Sign::of_resource(&resource).on("Orders role");
    let of = |desired: &Desired, observed: &Observed, id| {
        plan_integration_alone(&desired.integrations[0], desired, observed, id, false).map(|(_, plan)| plan)
    };
    // Its own; actions are other resources.
    observed.integrations[0].actions.push(action("a9", "Else"));
    assert_eq!(shape(&of(&of_stack(desired()), &observed, None).unwrap()), ["? Unverifiable"]);
    // Not that of the role's manifest, nor of another resource.
    let refused = plan(&desired(), &observed, false).unwrap_err().to_string();
    assert!(refused.contains("the resource `Integration` of the stack"), "{refused}");
    let mut other = of_stack(desired());
    other.resource.as_mut().unwrap().logical_id = "Other".to_owned();
    assert!(matches!(of(&other, &observed, None), Err(PlanError::NotOwned { .. })));
    assert!(plan_destroy(&ROLE.parse().unwrap(), &observed).steps.is_empty());
    // For another role it is the same integration, with another credential; a credential cannot be read back.
    let mut moved = of_stack(desired());
    moved.role = format!("{ROLE}2").parse().unwrap();
    assert_eq!(shape(&of(&moved, &observed, Some("i1")).unwrap()), ["UpdateCredential", "Configure"]);
    // By its ID it is known even without its mark; with that of somebody else it is theirs.
    observed.integrations[0].mark = None;
    let plan = of(&of_stack(desired()), &observed, Some("i1")).unwrap();
    assert_eq!(shape(&plan), ["UpdateCredential", "Configure"]);
    let Step::Configure { after, .. } = &plan.steps[1] else { panic!("{:?}", plan.steps[1]) };
    assert!(after.mark.as_ref().is_some_and(|mark| !mark.adopted), "it is deleted with its stack");
    let theirs = of(&of_stack(desired()), &settled(), Some("i1"));
    assert!(matches!(theirs, Err(PlanError::NotOwned { .. })), "{theirs:?}");
    // What a run left that was stopped is taken up again.
    let orphan = Observed { orphans: vec![credential("c1")], ..empty() };
    assert_eq!(shape(&of(&of_stack(desired()), &orphan, None).unwrap())[0], "UpdateCredential");
    assert_eq!(shape(&plan_leftovers(&orphan)), ["DeleteCredential"]);
}

#[test]
fn an_integration_that_was_taken_over_is_given_back_as_it_was() {
    let mut theirs = settled();
    let own = &mut theirs.integrations[0];
    (own.mark, own.notes) = (None, "Call 555.".to_owned());
    own.config.credentials = [("AmazonWebServicesARN".to_owned(), "c0".to_owned())].into();
    let mut unnoted = desired();
    unnoted.integrations[0].notes = None;
    let adopted = plan(&unnoted, &theirs, true).unwrap();
    let Step::Configure { after, .. } = &adopted.steps[1] else { panic!("{:?}", adopted.steps[1]) };
    assert_eq!(after.notes, "Call 555.");
    // As it is then.
    let own = &mut theirs.integrations[0];
    let mark = Mark { credential: Some(("c1".to_owned(), None)), ..after.mark.clone().unwrap() };
    (own.mark, own.credential) = (Some(mark), None);
    own.config.credentials = [("AmazonWebServicesARN".to_owned(), "c1".to_owned())].into();
    theirs.credentials.push(credential("c0"));
    let given_up = plan_destroy(&ROLE.parse().unwrap(), &theirs);
    let Step::Configure { after, .. } = &given_up.steps[0] else { panic!("{:?}", given_up.steps[0]) };
    let id = Id::Known("c0".to_owned());
    assert_eq!(after.credential, Attachment::Attached { key: "AmazonWebServicesARN".to_owned(), id });
    assert_eq!((after.notes.as_str(), &after.mark), ("Call 555.", &None));
}

#[test]
fn one_action_by_itself() {
    let wanted = desired().integrations.remove(0).actions.remove(0);
    let same = action("a1", "Get order");
    let slower = ActionRecord {
        config: Some(ActionConfig { timeout_seconds: Some(59), ..config(URL) }),
        ..same.clone()
    };
    let output = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let other = ActionRecord { contract: Some(Contract { output, ..contract() }), ..same.clone() };
    let named = |id: &str, record: &ActionRecord| ActionRecord { id: id.to_owned(), ..record.clone() };
    let renamed = ActionRecord { name: "Old name".to_owned(), ..same.clone() };
    let secure = ActionRecord { secure: true, ..same.clone() };
    // What it had, and what else has its name; the ID that it keeps, and the steps.
    struct Case<'c> {
        known: Option<&'c ActionRecord>,
        published: &'c [&'c ActionRecord],
        drafts: &'c [&'c ActionRecord],
        standing: Standing,
        id: Result<Option<&'c str>, Likeness>,
        steps: &'c [&'c str],
    }
    let (twin, slow_twin, other_twin) = (named("a2", &same), named("a2", &slower), named("a2", &other));
    let elsewhere = ActionRecord { integration_id: "i2".to_owned(), ..same.clone() };
    let own = Standing { is_own_place: true, adopt: false };
    let adopt = Standing { is_own_place: false, adopt: true };
    let new = Case {
        known: None,
        published: &[],
        drafts: &[],
        standing: own,
        id: Ok(None),
        steps: &["CreateAction"],
    };
    let theirs = Case { standing: Standing::default(), ..new };
    let stays = Case { known: Some(&same), id: Ok(Some("a1")), steps: &[], ..new };
    let claimed = Case { published: &[&twin], id: Ok(Some("a2")), steps: &[], ..new };
    let cases = [
        Case { ..new },
        Case { ..theirs },
        Case { ..stays },
        Case { known: Some(&slower), steps: &["UpdateAction"], ..stays },
        Case { known: Some(&renamed), steps: &["UpdateAction"], ..stays },
        Case { known: Some(&other), ..new },
        Case { known: Some(&secure), ..new },
        Case { known: Some(&elsewhere), ..new },
        // Delivered again, or a replacement that is undone.
        Case { ..claimed },
        Case { known: Some(&other), published: &[&other, &twin], ..claimed },
        Case { known: Some(&other), published: &[&slow_twin], steps: &["UpdateAction"], ..claimed },
        Case { known: Some(&other), published: &[&twin], standing: Standing::default(), ..claimed },
        Case { known: Some(&other), published: &[&slow_twin], ..theirs },
        // Somebody else's.
        Case { published: &[&twin], id: Err(Likeness::Same), ..theirs },
        Case { published: &[&slow_twin], id: Err(Likeness::SameContract), ..new },
        Case { standing: adopt, ..claimed },
        Case { published: &[&slow_twin], standing: adopt, steps: &["UpdateAction"], ..claimed },
        Case { published: &[&other_twin], standing: adopt, id: Err(Likeness::OtherContract), ..new },
        // Stopped before it was published; another draft stays as it is.
        Case { drafts: &[&twin], steps: &["PublishDraft"], ..new },
        Case { drafts: &[&twin], ..theirs },
        Case { drafts: &[&slow_twin], ..new },
    ];
    for (index, Case { known, published, drafts, standing, id, steps }) in cases.into_iter().enumerate() {
        let records = |records: &[&ActionRecord]| records.iter().map(|&record| record.clone()).collect();
        let namesakes = Namesakes { published: records(published), drafts: records(drafts) };
        match (plan_action(&wanted, (Kind::Lambda, "i1"), known, &namesakes, standing), id) {
            (Ok((kept, plan)), Ok(id)) => {
                assert_eq!(kept.as_ref().map(|kept| kept.id.as_str()), id, "case {index}");
                assert_eq!(shape(&plan), steps, "case {index}");
            }
            (Err(error), Err(likeness)) => assert_eq!(error.likeness, likeness, "case {index}"),
            (got, expected) => panic!("case {index}: {got:?} instead of {expected:?}"),
        }
    }
}

/// A deletion that Genesys Cloud refuses must keep nothing open in AWS; when everything goes, Genesys Cloud lets go first.
#[test]
fn what_is_not_needed_goes_after_aws_and_before_it_when_everything_goes() {
    let aws = || {
        let role: crate::iam::arn::RoleName = "Role".parse().unwrap();
        let change = crate::plan::aws::Change::DetachPolicy {
            role,
            arn: "arn:aws:iam::aws:policy/X".parse().unwrap(),
            own: false,
        };
        crate::plan::aws::Plan { changes: vec![change], foreign: Vec::new() }
    };
    let operations = |genesys: Plan| {
        let whole = crate::plan::Plan::of(aws().changes.into(), Some(genesys));
        whole.changes().iter().map(crate::plan::Change::operation).collect::<Vec<_>>()
    };
    let mut nothing_wanted = desired();
    nothing_wanted.integrations.clear();
    let unwanted = operations(plan(&nothing_wanted, &settled(), false).unwrap());
    assert_eq!(unwanted.first(), Some(&"iam:DetachRolePolicy"));
    assert_eq!(unwanted.last(), Some(&"DELETE /api/v2/integrations/credentials/{credentialId}"));
    let everything = operations(plan_destroy(&desired().role, &settled()));
    assert_eq!(everything.last(), Some(&"iam:DetachRolePolicy"));
    assert_eq!(everything.len(), unwanted.len());
}
