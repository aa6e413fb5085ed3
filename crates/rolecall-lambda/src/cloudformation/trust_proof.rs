//! `Custom::GenesysTrustProof`: the stack fails where a role in it can be assumed by somebody else, or can do more than
//! invoke its functions.
//!
//! The documents are read from IAM as they are once the stack has made them: what is proved is what is in force, not what
//! the template says. A claim that cannot be decided fails the stack too, unless `AllowUnknown` says otherwise.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rolecall::aws::Aws;
use rolecall::iam::arn::{AccountId, ExternalId, FunctionArn, RoleArn, RoleName};
use rolecall::iam::lint::FailOn;
use rolecall::iam::principal::Principal;
use rolecall::iam::prove::RoleIntent;
use rolecall::observe::aws::{Observed, observe};
use rolecall::observe::survey::home;
use rolecall::report::RefusalView;
use rolecall::verify::gate::{Allowed, Objection, objections};
use rolecall::verify::{Documents, decide, findings, read};
use rolecall_model::region::Region;
use serde_json::{Map, Value};

use super::answer::Done;
use super::properties::Properties;
use super::settle::{self, settled};

/// What is to be proved.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProofRequest {
    role: RoleName,
    trusted: AccountId,
    probe_principal: Option<Principal>,
    external_id: ExternalId,
    targets: Vec<FunctionArn>,
    allow_unknown: bool,
}

impl ProofRequest {
    /// Reads the properties; every fault is named.
    pub(super) fn read(properties: &Map<String, Value>) -> Result<Self, String> {
        let mut properties = Properties::of(properties);
        let role = properties.required("RoleName", "the name of the role");
        let external_id = properties
            .required("OrganizationId", "the ID of the Genesys Cloud organization, which is the external ID");
        let region: Option<&'static Region> = properties
            .required("GenesysRegion", "the region of the Genesys Cloud organization, such as us-east-1");
        let trusted =
            properties.optional("TrustedAccount").or_else(|| region.and_then(Region::trusted_account));
        if let (Some(region), None) = (region, &trusted) {
            properties.fault(format!("no account is known for {region}: state `TrustedAccount`"));
        }
        let probe_principal = properties.optional("ProbePrincipal");
        let targets = properties.list("Targets", "the ARNs of the functions that the role is for");
        let allow_unknown = properties.flag("AllowUnknown");
        // Says nothing: CloudFormation asks again where a property has changed.
        properties.value("Trigger");
        let faults = properties.faults();
        match (role, trusted, external_id) {
            (Some(role), Some(trusted), Some(external_id)) if faults.is_empty() => {
                Ok(Self { role, trusted, probe_principal, external_id, targets, allow_unknown })
            }
            _ => Err(faults.join("; ")),
        }
    }
}

/// Proves, or says what breaks the intent.
pub(super) async fn prove(aws: &Aws, wanted: &ProofRequest) -> Result<Done, String> {
    let (observed, documents) = visible(aws, &wanted.role).await?;
    let home = home(&observed.caller).map_err(|error| error.to_string())?;
    let path = observed.role.as_ref().map(|role| role.path.parse()).transpose();
    let path = path.map_err(|error| format!("the role's path: {error}"))?.unwrap_or_default();
    let role: RoleArn = home.role_arn(&wanted.role, &path);
    let trusted: Principal = format!("arn:{}:iam::{}:root", home.partition, wanted.trusted)
        .parse()
        .map_err(|error| format!("the trusted account: {error}"))?;
    let intent = RoleIntent {
        role: Some(role.clone()),
        trusted: std::iter::once(trusted).chain(wanted.probe_principal.clone()).collect(),
        external_id: Some(wanted.external_id.clone()),
        targets: Some(wanted.targets.clone()),
        allowance: None,
        further_ids: Vec::new(),
    };
    let documents = read(&documents, &role);
    let claims = decide(&documents, &intent);
    let findings = findings(&documents, None, &intent, &[]);
    // What is in force has no past that would excuse anything: the gate of `apply`, without its exceptions.
    let objections = objections(&claims, &findings, FailOn::default(), &Allowed::default(), |_| true);
    let (mut refuted, mut unknown) = (Vec::new(), Vec::new());
    for objection in &objections {
        // The claim, and the request that breaks it or what leaves it open.
        let RefusalView { message, .. } = RefusalView::from(objection);
        match objection {
            Objection::Refuted(_) | Objection::Fault(_) => refuted.push(message.shown()),
            Objection::Undecided(_) => unknown.push(message.shown()),
        }
    }
    if !refuted.is_empty() {
        return Err(format!("role {role} is refuted: {}", refuted.join("; ")));
    }
    if !unknown.is_empty() && !wanted.allow_unknown {
        return Err(format!(
            "it cannot be decided whether role {role} is safe: {} (`AllowUnknown: true` lets the stack go on)",
            unknown.join("; ")
        ));
    }
    let result = if unknown.is_empty() { "proved" } else { "unknown" };
    Ok(Done {
        physical_id: format!("trust-proof/{}", wanted.role),
        attributes: BTreeMap::from([("Result", result.to_owned()), ("RoleArn", role.to_string())]),
        ..Done::default()
    })
}

/// The role's documents, once IAM shows them: a stack asks right after it made or changed them, and until that has spread
/// IAM may show what there was before (User Guide, "Changes that I make are not always immediately visible"). So they must
/// be the same in two looks.
async fn visible(aws: &Aws, role: &RoleName) -> Result<(Observed, Documents), String> {
    let before = RefCell::new(None);
    let look = async || {
        let observed = observe(aws, role, &[]).await.map_err(|error| error.to_string())?;
        let documents = Documents::observed(&observed, role);
        let is_same = documents.is_some() && *before.borrow() == documents;
        before.borrow_mut().clone_from(&documents);
        Ok::<_, String>((observed, documents, is_same))
    };
    let (observed, documents, _) = settled(settle::IAM, look, |(_, _, is_same)| *is_same).await?;
    Ok((observed, documents.ok_or_else(|| format!("role `{role}` does not exist"))?))
}
