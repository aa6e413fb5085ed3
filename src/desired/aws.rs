//! What should be in AWS: the manifest, the filled templates and the resolved functions, as one value. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::grant;
use crate::desired::pack::{Bin, Room, pack};
use crate::desired::template::{Filling, Fillings, Template, TemplateError, Templates};
use crate::iam::arn::{
    AccountId, ExternalId, FunctionArn, Partition, PolicyArn, PolicyName, PolicyOwner, PolicyPath, RoleArn,
    RoleName, RolePath, Word,
};
use crate::iam::document::Document;
use crate::iam::lint::FailOn;
use crate::iam::prove::{Allowance, FurtherId, RoleIntent, UseError};
use crate::iam::quota::{self, Violation};
pub use crate::manifest::policy_path;
use crate::manifest::{
    Boundary, FurtherOrganization, Grant, Manager, Manifest, PartyName, Role, Vendor, WrongPartition,
};
use crate::ports::{PolicySpecification, RoleSpecification};
use rolecall_model::stored::StoredDocument;
use serde_json::Value;

/// The tag that marks what rolecall made; its value is the role's name.
pub const OWNER_TAG: &str = "rolecall:role";

/// The tag that marks a twin of a role, made to be asked about and thrown away; its value is the role's name.
pub const TWIN_TAG: &str = "rolecall:twin";

/// How many letters and digits end a twin's name.
pub const TWIN_ENDING: usize = 8;

/// How the name of every twin of the role begins. A role's name has 64 characters at most, so a long one is cut.
pub fn twin_prefix(role: &RoleName) -> String {
    const MARK: &str = "-twin-";
    const LONGEST_ROLE_NAME: usize = 64;
    let room = LONGEST_ROLE_NAME - MARK.len() - TWIN_ENDING;
    format!("{}{MARK}", role.as_str().get(..room).unwrap_or(role.as_str()))
}

/// The path of the boundaries that allow the targets alone. No provisioner may write here, whatever the role is called: the
/// policies of a role lie under `/rolecall/`, and whoever may write a boundary is not bounded by it.
pub fn boundary_path() -> PolicyPath {
    const FOLDER: Word = Word::new("rolecall-boundary");
    PolicyPath::of(FOLDER)
}

/// The name of the boundary that allows the targets of a role alone. Policy names are unique in an account, whatever the path.
pub fn boundary_name(role: &RoleName) -> PolicyName {
    const PURPOSE: Word = Word::new("boundary");
    PolicyName::of_role(role, PURPOSE, 0)
}

/// The name of the n-th policy for the targets, from 0.
fn policy_name(role: &RoleName, index: usize) -> PolicyName {
    PolicyName::of_role(role, INVOKE, index)
}

/// What the policies for the targets are called after the role's name.
const INVOKE: Word = Word::new("invoke");

/// Whether rolecall gives this name to a policy for the targets of the role.
pub fn is_invoke_policy_name(name: &PolicyName, role: &RoleName) -> bool {
    is_name_for(name, role, INVOKE)
}

/// Whether rolecall gives this name to a policy of the role, for its targets or for a grant.
pub fn is_own_policy_name(name: &PolicyName, role: &RoleName) -> bool {
    is_invoke_policy_name(name, role) || grant::is_grant_policy_name(name, role)
}

/// Whether this is the name of one of the role's policies for a purpose.
pub(super) fn is_name_for(name: &PolicyName, role: &RoleName, purpose: Word) -> bool {
    let first = PolicyName::of_role(role, purpose, 0);
    let number = name.as_str().strip_prefix(first.as_str());
    number.is_some_and(|ending| {
        let counted = ending.strip_prefix('-').and_then(|number| number.parse::<usize>().ok());
        let of_number = |number: usize| PolicyName::of_role(role, purpose, number.saturating_sub(1));
        ending.is_empty() || counted.is_some_and(|number| of_number(number) == *name)
    })
}

/// Two quotes and a comma around an ARN in a list.
const ARN_PUNCTUATION: usize = 3;

/// IAM never lets a policy's description be changed, so it holds nothing that could.
const POLICY_DESCRIPTION: &str = "Lets a role invoke its Lambda functions. Managed by rolecall.";

/// The same of a policy for grants.
const GRANT_DESCRIPTION: &str = "Lets a role do what its grants are for. Managed by rolecall.";

/// The account and partition that the role lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// `aws`, `aws-us-gov`, …
    pub partition: Partition,
    pub account: AccountId,
}

impl Home {
    /// The ARN of the manifest's role.
    pub fn role_arn(&self, role: &RoleName, path: &RolePath) -> RoleArn {
        let (partition, account) = (self.partition.clone(), self.account.clone());
        RoleArn { partition, account, path: path.clone(), name: role.clone() }
    }

    /// How the ARN of every twin of the role begins.
    pub fn twin_arn_prefix(&self, role: &RoleName, path: &RolePath) -> String {
        format!("arn:{}:iam::{}:role{path}{}", self.partition, self.account, twin_prefix(role))
    }

    /// The ARN of a customer managed policy.
    pub fn policy_arn(&self, path: &PolicyPath, name: &PolicyName) -> PolicyArn {
        let (partition, owner) = (self.partition.clone(), PolicyOwner::Account(self.account.clone()));
        PolicyArn { partition, owner, path: path.clone(), name: name.clone() }
    }

    /// How the ARN of every policy begins that rolecall makes for the role.
    pub fn policy_arn_prefix(&self, role: &RoleName) -> String {
        format!("arn:{}:iam::{}:policy{}", self.partition, self.account, policy_path(role))
    }

    /// The ARN of the permissions boundary that the manifest asks for.
    pub fn boundary_arn(&self, role: &Role) -> Option<PolicyArn> {
        role.permissions_boundary.as_ref().map(|boundary| match boundary {
            Boundary::Targets => self.policy_arn(&boundary_path(), &boundary_name(&role.name)),
            Boundary::Policy(arn) => arn.clone(),
        })
    }

    /// The principal that stands for a whole account. AWS has no role assumption across partitions.
    pub fn root_of(&self, account: &AccountId) -> String {
        format!("arn:{}:iam::{account}:root", self.partition)
    }
}

/// What should be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// Where it should be.
    pub home: Home,
    pub role: RoleSpecification,
    /// The policies on the role, by ARN.
    pub policies: Vec<(PolicyArn, PolicySpecification)>,
    /// Who may assume the role.
    pub trusted: Vec<String>,
    /// The vendor that assumes the role, if that is not Genesys.
    pub vendor: Option<Vendor>,
    /// The external ID that they must send.
    pub external_id: ExternalId,
    /// External IDs that they may send in its place.
    pub further_ids: Vec<FurtherId>,
    /// What the role may invoke.
    pub targets: Vec<FunctionArn>,
    /// What else it is for.
    pub grants: Vec<Grant>,
    /// What it may do for that.
    pub allowance: Option<Allowance>,
    /// The tool that makes the role, where that is not rolecall.
    pub managed_by: Option<Manager>,
    /// How severe a finding must be to fail the role by itself.
    pub fail_on: FailOn,
}

impl Desired {
    /// What the manifest means the role for.
    pub fn intent(&self) -> RoleIntent {
        RoleIntent {
            role: Some(self.role_arn()),
            trusted: self.trusted.iter().filter_map(|principal| principal.parse().ok()).collect(),
            external_id: Some(self.external_id.clone()),
            targets: Some(self.targets.clone()),
            allowance: self.allowance.clone(),
            further_ids: self.further_ids.clone(),
        }
    }

    /// The boundary that rolecall makes of the targets, where the manifest asks for that one.
    pub fn own_boundary(&self) -> Option<&PolicyArn> {
        let own = self.home.policy_arn(&boundary_path(), &boundary_name(&self.role.name));
        self.role.permissions_boundary.as_ref().filter(|wanted| **wanted == own)
    }

    /// What reports call whoever assumes the role.
    pub fn party(&self) -> PartyName {
        self.vendor.as_ref().map_or(PartyName::Genesys, |vendor| PartyName::Vendor(vendor.name.clone()))
    }

    /// Whether the role has the description that rolecall gives where the manifest states none.
    pub fn has_default_description(&self) -> bool {
        self.role.description == default_description(&self.party())
    }

    /// The ARN that the role has or will have.
    pub fn role_arn(&self) -> RoleArn {
        self.home.role_arn(&self.role.name, &self.role.path)
    }
}

/// Why the documents cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DesiredError {
    /// The role's account is where the trusted account cannot be.
    #[error(transparent)]
    Partition(#[from] WrongPartition),
    /// A template cannot be filled.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A grant names something in another partition than the role.
    #[error(
        "the grant {grant} is in the partition `{partition}`, and the role is in `{home}`: no role acts in another partition"
    )]
    GrantElsewhere {
        grant: String,
        partition: String,
        /// The role's.
        home: Partition,
    },
    /// How S3 asks for a key is not known.
    #[error(
        "a `kms_key` in the partition `{partition}`: the value of `kms:ViaService` for Amazon S3 is not known there; leave `kms_key` \
         out, and allow the use of the key in the key's policy"
    )]
    KeyOfPartition { partition: Partition },
    /// What a grant is for cannot be stated as an intent.
    #[error(transparent)]
    Use(#[from] UseError),
    /// IAM would not store the document.
    #[error("IAM would refuse the document of template `{template}`: {faults}")]
    Refused {
        template: String,
        /// What is wrong, each with its JSON pointer.
        faults: String,
    },
}

/// The description of a role whose manifest gives none.
fn default_description(party: &PartyName) -> String {
    format!("Assumed by {party} to invoke Lambda functions.")
}

/// The description of the role. One that is also, or only, for something else than functions does not speak of them.
fn description(manifest: &Manifest) -> String {
    let party = manifest.party.name();
    let default = || match manifest.grants.is_empty() {
        true => default_description(&party),
        false => format!("Assumed by {party}."),
    };
    manifest.role.description.clone().unwrap_or_else(default)
}

/// What the manifest asks for in that account, with its functions resolved. `targets` are in the manifest's order;
/// `current` are the policies that hold targets now, and `attachable` is how many the role has room for.
pub fn desired(
    manifest: &Manifest,
    external_id: &ExternalId,
    templates: &Templates,
    home: &Home,
    targets: &[FunctionArn],
    current: &[Bin],
    attachable: usize,
) -> Result<Desired, DesiredError> {
    let role = &manifest.role;
    manifest.party.check_partition(&format!("the account {}", home.account), home.partition.as_str())?;
    let fillings = fillings(manifest, external_id, home, targets);
    let owner = (OWNER_TAG.to_owned(), role.name.to_string());
    let with_targets = |targets: &[FunctionArn]| {
        let targets = Filling::List(targets.iter().map(ToString::to_string).collect());
        let fillings = fillings.clone().into_iter().chain([("targets", targets)]).collect();
        checked(&templates.invoke, &fillings, quota::check_identity_grammar)
    };
    let granted = grant::policies(manifest, home)?;
    let attachable = attachable.saturating_sub(granted.len());
    let room = Room { policies: attachable, ..room(targets, with_targets)? };
    let specified = |name: PolicyName, description: &str, document: StoredDocument| {
        let policy = PolicySpecification {
            name,
            path: policy_path(&role.name),
            description: description.to_owned(),
            tags: [owner.clone()].into(),
            document,
        };
        (home.policy_arn(&policy.path, &policy.name), policy)
    };
    let policy =
        |Bin { name, targets }: Bin| Ok(specified(name, POLICY_DESCRIPTION, with_targets(&targets)?));
    let bins = pack(targets, current, room, |index| policy_name(&role.name, index));
    let mut policies = bins.into_iter().map(policy).collect::<Result<Vec<_>, DesiredError>>()?;
    policies.extend(granted.into_iter().map(|(name, document)| specified(name, GRANT_DESCRIPTION, document)));
    let meant = meant(manifest, external_id, home, targets)?;
    let role = RoleSpecification { trust: trust(manifest, templates, &fillings)?, ..meant.role };
    Ok(Desired { role, policies, ..meant })
}

/// What the manifest means, without a document that rolecall would write for it: enough to prove what is there.
pub fn meant(
    manifest: &Manifest,
    external_id: &ExternalId,
    home: &Home,
    targets: &[FunctionArn],
) -> Result<Desired, DesiredError> {
    let role = &manifest.role;
    let owner = (OWNER_TAG.to_owned(), role.name.to_string());
    Ok(Desired {
        role: RoleSpecification {
            name: role.name.clone(),
            path: role.path.clone(),
            description: description(manifest),
            max_session_duration: role.max_session_duration,
            permissions_boundary: home.boundary_arn(role),
            // The tag says that rolecall may change and delete the role; what another tool makes, it may not.
            tags: { role.tags.clone().into_iter() }
                .chain(role.managed_by.is_none().then_some(owner))
                .collect(),
            trust: StoredDocument::from(String::new()),
        },
        policies: Vec::new(),
        trusted: trusted(manifest, home),
        vendor: manifest.party.vendor().cloned(),
        external_id: external_id.clone(),
        further_ids: further_ids(manifest, external_id),
        targets: targets.to_vec(),
        grants: manifest.grants.clone(),
        allowance: Allowance::of(grant::uses(&manifest.grants, home)?),
        home: home.clone(),
        managed_by: role.managed_by,
        fail_on: manifest.verify.fail_on,
    })
}

/// The external IDs of further organizations.
pub(super) fn further_ids(manifest: &Manifest, first: &ExternalId) -> Vec<FurtherId> {
    let further = manifest.party.further().iter().filter(|further| further.id != *first);
    further
        .map(|FurtherOrganization { id, name: _, until }| FurtherId { id: id.clone(), until: *until })
        .collect()
}

/// The trust policy: the template, and one statement more for each time at which organizations end.
fn trust(
    manifest: &Manifest,
    templates: &Templates,
    fillings: &Fillings,
) -> Result<StoredDocument, DesiredError> {
    let mut ending: BTreeMap<Timestamp, Vec<String>> = BTreeMap::new();
    for FurtherOrganization { id, name: _, until } in manifest.party.further() {
        if let Some(until) = until {
            ending.entry(*until).or_default().push(id.to_string());
        }
    }
    if ending.is_empty() {
        return checked(&templates.trust, fillings, quota::check_trust_grammar);
    }
    let mut document = templates.trust.fill(fillings)?;
    let refused = |message: &str| DesiredError::Refused {
        template: templates.trust.name().to_owned(),
        faults: message.to_owned(),
    };
    let statements = document.get_mut("Statement").and_then(Value::as_array_mut);
    let statements = statements.ok_or_else(|| refused("it has no list of statements to add to"))?;
    let until = Template::trust_until()?;
    for (time, ids) in ending {
        let own = [("external_id", Filling::List(ids)), ("until", Filling::Text(time.to_string()))];
        let added = until.fill(&fillings.clone().into_iter().chain(own).collect())?;
        statements.extend(added.get("Statement").and_then(Value::as_array).into_iter().flatten().cloned());
    }
    storable(templates.trust.name(), &document, quota::check_trust_grammar)
}

/// What a policy has room for beside the rest of the template, measured on the filled template itself.
fn room(
    targets: &[FunctionArn],
    with_targets: impl Fn(&[FunctionArn]) -> Result<StoredDocument, DesiredError>,
) -> Result<Room, DesiredError> {
    let [first, ..] = targets else {
        return Ok(Room { characters: usize::MAX, around_each: 0, repeats: 1, policies: usize::MAX });
    };
    let length =
        |targets: &[FunctionArn]| with_targets(targets).map(|document| document.text().chars().count());
    let (one, two) = (length(std::slice::from_ref(first))?, length(&[first.clone(), first.clone()])?);
    let (arn, each) = (first.to_string().chars().count(), two - one);
    // Each place of the list in the template costs the ARN, two quotes and a comma.
    let repeats = each / (arn + ARN_PUNCTUATION);
    let around_each = each - repeats * arn;
    let fixed = one.saturating_sub(each);
    Ok(Room {
        characters: quota::MANAGED_POLICY_SIZE.saturating_sub(fixed),
        around_each,
        repeats,
        policies: usize::MAX,
    })
}

/// The filled template, as text without white space, once IAM's own rules hold for it.
pub(super) fn checked(
    template: &Template,
    fillings: &Fillings,
    grammar: fn(&Document) -> Vec<Violation>,
) -> Result<StoredDocument, DesiredError> {
    storable(template.name(), &template.fill(fillings)?, grammar)
}

/// The document as text without white space, once IAM's own rules hold for it.
fn storable(
    template: &str,
    value: &Value,
    grammar: fn(&Document) -> Vec<Violation>,
) -> Result<StoredDocument, DesiredError> {
    let refused = |faults: Vec<String>| DesiredError::Refused {
        template: template.to_owned(),
        faults: faults.join("; "),
    };
    let document = Document::from_value(value)
        .map_err(|errors| refused(errors.faults.iter().map(ToString::to_string).collect()))?;
    let violations = grammar(&document);
    if violations.is_empty() {
        return Ok(value.to_string().into());
    }
    Err(refused(
        violations.iter().map(|violation| format!("{}: {}", violation.pointer, violation.message)).collect(),
    ))
}

/// One text as it is, several as a list.
pub(super) fn one_or_several(mut texts: Vec<String>) -> Filling {
    match texts.len() {
        1 => Filling::Text(texts.remove(0)),
        _ => Filling::List(texts),
    }
}

/// Who may assume the role: the account of the party, and the manifest's principal for live probes.
pub(super) fn trusted(manifest: &Manifest, home: &Home) -> Vec<String> {
    let probe_principal = manifest.verify.probe_principal.as_ref().map(ToString::to_string);
    [home.root_of(manifest.party.trusted_account())].into_iter().chain(probe_principal).collect()
}

/// The permissions boundary that allows the targets and the grants, and nothing else.
pub fn boundary_document(
    manifest: &Manifest,
    external_id: &ExternalId,
    home: &Home,
    targets: &[FunctionArn],
) -> Result<Value, DesiredError> {
    let mut document = Template::boundary()?.fill(&fillings(manifest, external_id, home, targets))?;
    let granted = grant::policies(manifest, home)?;
    let granted = granted.iter().filter_map(|(_, document)| document.document());
    let granted = granted.filter_map(|document| document.as_value().get("Statement")?.as_array());
    if let Some(statements) = document.get_mut("Statement").and_then(Value::as_array_mut) {
        statements.extend(granted.flatten().cloned());
    }
    Ok(document)
}

/// The values for the templates.
pub fn fillings(
    manifest: &Manifest,
    external_id: &ExternalId,
    home: &Home,
    targets: &[FunctionArn],
) -> Fillings {
    let role = &manifest.role;
    let texts = |arns: &mut dyn Iterator<Item = String>| Filling::List(arns.collect());
    // Lambda compares the resource with the qualifier of the call too, so a read of either form must be allowed.
    let mut forms: Vec<String> = targets
        .iter()
        .flat_map(|target| [target.unqualified(), target.clone()])
        .map(|arn| arn.to_string())
        .collect();
    forms.dedup();
    // Aliases that the manifest does not name have policies of their own, and lead to the same function.
    let mut every_form: Vec<String> = targets
        .iter()
        .map(FunctionArn::unqualified)
        .flat_map(|it| [it.to_string(), format!("{it}:*")])
        .collect();
    every_form.sort();
    every_form.dedup();
    // An organization that ends has a statement of its own.
    let for_good = further_ids(manifest, external_id).into_iter().filter(|further| further.until.is_none());
    let ids = std::iter::once(external_id.to_string())
        .chain(for_good.map(|further| further.id.to_string()))
        .collect();
    let boundary = home.boundary_arn(role).map(|arn| ("boundary_arn", Filling::Text(arn.to_string())));
    let always = Fillings::from([
        ("external_id", one_or_several(ids)),
        ("trusted_principals", Filling::List(trusted(manifest, home))),
        ("targets", texts(&mut targets.iter().map(ToString::to_string))),
        ("functions", Filling::List(forms)),
        ("functions_in_every_form", Filling::List(every_form)),
        ("role_arn", Filling::Text(home.role_arn(&role.name, &role.path).to_string())),
        ("twin_arns", Filling::Text(format!("{}*", home.twin_arn_prefix(&role.name, &role.path)))),
        ("policy_arns", Filling::Text(format!("{}*", home.policy_arn_prefix(&role.name)))),
    ]);
    always.into_iter().chain(boundary).chain(super::secrets::fillings(manifest, home)).collect()
}
