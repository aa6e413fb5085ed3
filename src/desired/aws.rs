//! What should be in AWS: the manifest, the filled templates and the resolved functions, as one value. Pure.

use crate::desired::pack::{Bin, Room, pack};
use crate::desired::template::{Filling, Fillings, Template, TemplateError, Templates};
use crate::iam::arn::{
    AccountId, ExternalId, FunctionArn, Partition, PolicyArn, PolicyName, PolicyOwner, PolicyPath, RoleArn,
    RoleName, RolePath, Word,
};
use crate::iam::document::Document;
use crate::iam::prove::RoleIntent;
use crate::iam::quota::{self, Violation};
pub use crate::manifest::policy_path;
use crate::manifest::{Boundary, Manager, Manifest, PartyName, Role, Vendor, WrongPartition};
use crate::ports::{PolicySpecification, RoleSpecification};
use rolecall_model::stored::StoredDocument;

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
    const PURPOSE: Word = Word::new("invoke");
    PolicyName::of_role(role, PURPOSE, index)
}

/// Whether rolecall gives this name to a policy for the targets of the role.
pub fn is_invoke_policy_name(name: &PolicyName, role: &RoleName) -> bool {
    let first = policy_name(role, 0);
    let number = name.as_str().strip_prefix(first.as_str());
    number.is_some_and(|ending| {
        let counted = ending.strip_prefix('-').and_then(|number| number.parse::<usize>().ok());
        ending.is_empty()
            || counted.is_some_and(|number| policy_name(role, number.saturating_sub(1)) == *name)
    })
}

/// Two quotes and a comma around an ARN in a list.
const ARN_PUNCTUATION: usize = 3;

/// IAM never lets a policy's description be changed, so it holds nothing that could.
const POLICY_DESCRIPTION: &str = "Lets a role invoke its Lambda functions. Managed by rolecall.";

/// The account and partition that the role lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// `aws`, `aws-us-gov`, …
    pub partition: Partition,
    /// The account.
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
    /// The role.
    pub role: RoleSpecification,
    /// The policies on the role, by ARN.
    pub policies: Vec<(PolicyArn, PolicySpecification)>,
    /// Who may assume the role.
    pub trusted: Vec<String>,
    /// The vendor that assumes the role, if that is not Genesys.
    pub vendor: Option<Vendor>,
    /// The external ID that they must send.
    pub external_id: ExternalId,
    /// What the role may invoke.
    pub targets: Vec<FunctionArn>,
    /// The tool that makes the role, where that is not rolecall.
    pub managed_by: Option<Manager>,
}

impl Desired {
    /// What the manifest means the role for.
    pub fn intent(&self) -> RoleIntent {
        RoleIntent {
            role: Some(self.role_arn()),
            trusted: self.trusted.iter().filter_map(|principal| principal.parse().ok()).collect(),
            external_id: Some(self.external_id.clone()),
            targets: Some(self.targets.clone()),
        }
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
    /// IAM would not store the document.
    #[error("IAM would refuse the document of template `{template}`: {faults}")]
    Refused {
        /// The template.
        template: String,
        /// What is wrong, each with its JSON pointer.
        faults: String,
    },
}

/// The description of a role whose manifest gives none.
fn default_description(party: &PartyName) -> String {
    format!("Assumed by {party} to invoke Lambda functions.")
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
    let room = Room { policies: attachable, ..room(targets, with_targets)? };
    let policy = |Bin { name, targets }: Bin| {
        let policy = PolicySpecification {
            name,
            path: policy_path(&role.name),
            description: POLICY_DESCRIPTION.to_owned(),
            tags: [owner.clone()].into(),
            document: with_targets(&targets)?,
        };
        Ok((home.policy_arn(&policy.path, &policy.name), policy))
    };
    let bins = pack(targets, current, room, |index| policy_name(&role.name, index));
    let policies = bins.into_iter().map(policy).collect::<Result<Vec<_>, DesiredError>>()?;
    Ok(Desired {
        role: RoleSpecification {
            name: role.name.clone(),
            path: role.path.clone(),
            description: role
                .description
                .clone()
                .unwrap_or_else(|| default_description(&manifest.party.name())),
            max_session_duration: role.max_session_duration,
            permissions_boundary: home.boundary_arn(role),
            // The tag says that rolecall may change and delete the role; what another tool makes, it may not.
            tags: { role.tags.clone().into_iter() }
                .chain(role.managed_by.is_none().then(|| owner.clone()))
                .collect(),
            trust: checked(&templates.trust, &fillings, quota::check_trust_grammar)?,
        },
        policies,
        trusted: trusted(manifest, home),
        vendor: manifest.party.vendor().cloned(),
        external_id: external_id.clone(),
        targets: targets.to_vec(),
        home: home.clone(),
        managed_by: role.managed_by,
    })
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
fn checked(
    template: &Template,
    fillings: &Fillings,
    grammar: fn(&Document) -> Vec<Violation>,
) -> Result<StoredDocument, DesiredError> {
    let refused = |faults: Vec<String>| DesiredError::Refused {
        template: template.name().to_owned(),
        faults: faults.join("; "),
    };
    let value = template.fill(fillings)?;
    let document = Document::from_value(&value)
        .map_err(|errors| refused(errors.faults.iter().map(ToString::to_string).collect()))?;
    let violations = grammar(&document);
    if violations.is_empty() {
        return Ok(value.to_string().into());
    }
    Err(refused(
        violations.iter().map(|violation| format!("{}: {}", violation.pointer, violation.message)).collect(),
    ))
}

/// Who may assume the role: the account of the party, and the manifest's principal for live probes.
pub(super) fn trusted(manifest: &Manifest, home: &Home) -> Vec<String> {
    let probe_principal = manifest.verify.probe_principal.as_ref().map(ToString::to_string);
    [home.root_of(manifest.party.trusted_account())].into_iter().chain(probe_principal).collect()
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
    let boundary = home.boundary_arn(role).map(|arn| ("boundary_arn", Filling::Text(arn.to_string())));
    let always = Fillings::from([
        ("external_id", Filling::Text(external_id.to_string())),
        ("trusted_principals", Filling::List(trusted(manifest, home))),
        ("targets", texts(&mut targets.iter().map(ToString::to_string))),
        ("functions", Filling::List(forms)),
        ("functions_in_every_form", Filling::List(every_form)),
        ("role_arn", Filling::Text(home.role_arn(&role.name, &role.path).to_string())),
        ("twin_arns", Filling::Text(format!("{}*", home.twin_arn_prefix(&role.name, &role.path)))),
        ("policy_arns", Filling::Text(format!("{}*", home.policy_arn_prefix(&role.name)))),
    ]);
    always.into_iter().chain(boundary).collect()
}
