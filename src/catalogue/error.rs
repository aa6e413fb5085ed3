//! What is said about each error.

use super::{Entry, Example, Kind};
use crate::error_code::ErrorCode;

pub(super) fn entry(code: ErrorCode) -> Entry {
    let Words { title, why, remedy } = words(code);
    Entry {
        kind: Kind::Error(code),
        code: code.as_str(),
        name: None,
        title,
        severity: None,
        exit: None,
        why,
        remedy,
        edits: None,
        example: of(code, &COMMANDS).map(Example::Command),
        reference: of(code, &REFERENCES),
    }
}

struct Words {
    title: &'static str,
    why: &'static str,
    remedy: &'static str,
}

fn words(code: ErrorCode) -> Words {
    let (title, why, remedy) = match code {
        ErrorCode::CommandLine => (
            "the command does not do what the command line asks for",
            "an option or a value is unknown, missing, or does not fit the others",
            "correct the command line; `--help` after a command lists its options",
        ),
        ErrorCode::NoTerminal => (
            "there is no terminal to ask for confirmation",
            "the command asks before it writes, and in a pipeline or a script nobody can answer",
            "review `rolecall plan`, then use `--yes`; a plan that `rolecall plan --out FILE` saved is applied without a question",
        ),
        ErrorCode::Declined => (
            "the confirmation was declined",
            "the question was not answered with `y` or `yes`",
            "run the command again, and answer `y`",
        ),
        ErrorCode::ManifestMissing => (
            "no manifest was found",
            "a command reads `rolecall.toml` here or in the nearest folder above, or what `--file` names",
            "`rolecall init` writes a manifest; `--file` names another path",
        ),
        ErrorCode::ManifestInvalid => (
            "a manifest is not valid",
            "it is not TOML, a key is unknown or missing, or a value cannot be meant; every fault is listed with its line",
            "correct the lines; `rolecall init --schema` prints the JSON Schema, with which editors show faults at once",
        ),
        ErrorCode::EditRefused => (
            "the manifest cannot be edited that way",
            "the target is there already, is not there, is the last one, or an action calls it",
            "the message names what is in the way; `rolecall target list` shows the targets",
        ),
        ErrorCode::Local => (
            "this computer refused a file, a port or the terminal",
            "the operating system could not read or write it; the message has its reason",
            "correct the path or its permissions, then repeat the command",
        ),
        ErrorCode::Template => (
            "a policy template is not valid",
            "a template in the folder of `--policies` is not JSON, has an unknown placeholder, or gives a document that IAM refuses",
            "correct the template; `rolecall render trust` and `rolecall render invoke` show what a template gives",
        ),
        ErrorCode::ActionFile => (
            "a file that a data action names is not valid",
            "a schema or a template of an [[action]] is missing, is not JSON, or does not fit the action",
            "correct the file; paths in a manifest are relative to its folder",
        ),
        ErrorCode::Document => (
            "the file is not what the command reads",
            "it is not a policy, a plan, a template, an answer of AWS or a file of cases that rolecall knows, or names something that \
             is not in it",
            "the message says what it is instead; `rolecall prove --help` and `rolecall simulate --help` show the forms",
        ),
        ErrorCode::OutputLost => (
            "the result could not be written",
            "standard output or the file of a report cannot be written; what was done in AWS or Genesys Cloud was done all the same",
            "make room, then run a command that only reads, such as `rolecall plan` or `rolecall drift`",
        ),
        ErrorCode::Settings => (
            "a setting is not valid",
            "a variable of the environment, a profile of the AWS configuration, or a setting for Genesys Cloud is wrong",
            "correct what the message names; `rolecall doctor` shows where each setting comes from",
        ),
        ErrorCode::NoRegion => (
            "no region is known",
            "Lambda functions are in a region, and neither the manifest nor the environment says which",
            "give the [[target]] a `region`, or set --region, AWS_REGION or the profile's region",
        ),
        ErrorCode::NoCredentials => (
            "no AWS credentials were found",
            "neither the environment, nor the profile, nor this computer's role has credentials",
            "log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` \
             works without an account",
        ),
        ErrorCode::ExpiredCredentials => (
            "the AWS credentials have expired",
            "session credentials are valid for a limited time",
            "log in again, or get new keys, and repeat the command; after an interrupted change, it goes on from what is there",
        ),
        ErrorCode::InvalidCredentials => (
            "AWS does not accept the credentials",
            "the access key is unknown, the signature does not match, or the clock of this computer is wrong",
            "check the access key, the secret key, the session token and the clock; `rolecall doctor` shows which are used",
        ),
        ErrorCode::AccessDenied => (
            "AWS denied a call",
            "the caller lacks the permission that the message names, or a policy denies it",
            "give the caller the permission; `rolecall render provisioner` and `rolecall render verifier` print the minimal policies",
        ),
        ErrorCode::WrongAccount => (
            "the credentials are of another account",
            "the manifest or the role says which account is meant, and rolecall changes no other",
            "use the credentials of that account (--profile, `profile` or `assume_role` in [aws]), or correct `account`",
        ),
        ErrorCode::Unreachable => (
            "AWS or Genesys Cloud cannot be reached",
            "no connection could be made: the name is unknown, the network is down, or a proxy or firewall is in the way",
            "check the network, the proxy settings (HTTPS_PROXY, NO_PROXY), the region and AWS_ENDPOINT_URL; `rolecall doctor` tries \
             each connection",
        ),
        ErrorCode::Untrusted => (
            "the certificate of whoever answered is not trusted",
            "usually a proxy that inspects TLS shows a certificate of its own",
            "put the proxy's certificate into a PEM file, and name it in AWS_CA_BUNDLE or `ca_bundle` (for Genesys Cloud in \
             SSL_CERT_FILE)",
        ),
        ErrorCode::TimedOut => (
            "something was not finished in time",
            "a service did not answer, or did not show a change, before the deadline",
            "repeat the command, if necessary with a longer --deadline; a change goes on from what is there",
        ),
        ErrorCode::Throttled => (
            "AWS or Genesys Cloud asked to slow down",
            "the account or the organization makes more calls than the service accepts; rolecall waited and gave up",
            "repeat the command later, or with a longer --deadline",
        ),
        ErrorCode::Quota => (
            "a quota does not allow it",
            "a document is longer, or there are more entities, than AWS or Genesys Cloud accepts",
            "shorten what the message names, or have the quota raised; `aws iam get-account-summary` and `rolecall genesys whoami` \
             show the limits",
        ),
        ErrorCode::ServiceFailure => (
            "AWS or Genesys Cloud failed on its side",
            "the service answered with an error of its own, and several attempts did not help",
            "repeat the command; a change goes on from what is there",
        ),
        ErrorCode::AnswerLost => (
            "what became of a change is not known",
            "the change was sent, and no answer says whether it was carried out",
            "run the same command again: it reads what is there, and goes on from that",
        ),
        ErrorCode::UnexpectedAnswer => (
            "an answer is not one of AWS or Genesys Cloud",
            "a proxy, a login page or a mock may have answered in the place of the service",
            "look at the words in the message; check the proxy settings and AWS_ENDPOINT_URL",
        ),
        ErrorCode::Rejected => (
            "AWS or Genesys Cloud rejected a call",
            "the service does not accept what the call asks for; the message has its own words",
            "correct what it names in the manifest or the template; if nothing there explains it, report it with the request ID",
        ),
        ErrorCode::Meanwhile => (
            "something was changed at the same time",
            "between reading and writing, another caller created, changed or deleted the same thing; or it is not visible yet",
            "make sure that nobody else works on this role, then run the same command again: it makes a new plan from what is there",
        ),
        ErrorCode::Contradictory => (
            "answers of Genesys Cloud contradict each other",
            "Genesys Cloud may not show its latest changes everywhere yet",
            "repeat the command, if necessary with a longer --deadline",
        ),
        ErrorCode::GenesysNoCredentials => (
            "there is no OAuth client for Genesys Cloud",
            "neither the environment nor what [genesys.credentials] names has a client ID and a client secret",
            "set GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET and GENESYSCLOUD_REGION, or name a secret of AWS \
             Secrets Manager or a parameter of SSM in [genesys.credentials]",
        ),
        ErrorCode::GenesysInvalidCredentials => (
            "Genesys Cloud does not accept the OAuth client",
            "the ID or the secret is wrong, the client is disabled, or it is of another region",
            "compare with Admin > Integrations > OAuth in Genesys Cloud; a client works only in the region of its organization",
        ),
        ErrorCode::GenesysPermission => (
            "the OAuth client lacks a permission in Genesys Cloud",
            "permissions come from the roles of the OAuth client, not from scopes",
            "give the client a role with the permission that the message names; `rolecall genesys whoami` lists what each command needs",
        ),
        ErrorCode::WrongOrganization => (
            "the OAuth client belongs to another organization",
            "the manifest names one Genesys Cloud organization, and the OAuth client is of another; rolecall changes no other",
            "use an OAuth client of the manifest's organization, or correct `organization_id` in [genesys]; `rolecall genesys whoami` \
             shows the client's organization",
        ),
        ErrorCode::OrganizationUnknown => (
            "the organization's ID is not known",
            "it is the external ID of the role, and nothing states it, or what states it is not a valid ID",
            "write `organization_id` into [genesys]; Genesys Cloud shows it under Admin > Account Settings > Organization Settings > Organization Details",
        ),
        ErrorCode::NotOwned => (
            "somebody else made it",
            "rolecall changes only what it made itself; a tag or a line in the notes says so",
            "choose another name, or use --adopt to take it over (`rolecall plan --adopt` shows what would change)",
        ),
        ErrorCode::NameTaken => (
            "a name does not lead to one thing",
            "something else already has the name, or several things have it",
            "choose another `name` in the manifest, or rename or delete what has it",
        ),
        ErrorCode::ManagedElsewhere => (
            "another tool makes the role, or what is in Genesys Cloud",
            "`managed_by` in [role] or [genesys] names the tool, and rolecall writes nothing on that side",
            "correct the tool's configuration (`rolecall render` prints it), run the tool, then repeat the command",
        ),
        ErrorCode::RoleMissing => (
            "the role does not exist",
            "the account has no role of that name; nobody can assume it, and nothing about it can be verified",
            "`rolecall plan` shows what is missing, and `rolecall apply` creates it; if another tool makes the role, run that tool",
        ),
        ErrorCode::TargetMissing => (
            "a function of the manifest does not exist",
            "Lambda has no such function, alias or version in that account and region",
            "correct the [[target]], or deploy the function first",
        ),
        ErrorCode::BoundaryMissing => (
            "the permissions boundary does not exist",
            "a role cannot have a boundary that is not there",
            "an administrator creates rolecall's own boundary with `rolecall boundary apply`; create any other, or correct its ARN in \
             the manifest",
        ),
        ErrorCode::InUse => (
            "something else still uses it",
            "AWS does not delete a policy while it is attached or is a boundary",
            "detach it first; `aws iam list-entities-for-policy` names the principals",
        ),
        ErrorCode::NotAsked => (
            "the manifest does not ask for this",
            "the command works on a part of the manifest that is not in it",
            "add that part to the manifest: an [[action]], [genesys.integration], or `permissions_boundary = \"targets\"`",
        ),
        ErrorCode::PathDiffers => (
            "the role has another path",
            "AWS does not change the path of a role, and Genesys Cloud assumes the ARN of the manifest",
            "set `path` in [role] to what the role has, or delete the role first",
        ),
        ErrorCode::Unproved => (
            "the plan was refused",
            "after the plan, a claim about the role would be refuted or undecided, as while a function of the manifest is missing; or the role would \
             have a finding that is an error",
            "correct the template or the manifest; deploy a missing function; remove policies that are not the manifest's (--remove-foreign); only after a \
             review, name the exception with --allow-claim or --allow-findings",
        ),
        ErrorCode::RetiresActions => (
            "flows may lose a data action",
            "flows refer to the ID of an action, and the plan deletes or replaces the action",
            "check which flows use it (Architect shows their dependencies), then use --replace",
        ),
        ErrorCode::StalePlan => (
            "the saved plan is stale",
            "AWS, the manifest or the file has changed since the plan was made, and only what was reviewed is carried out",
            "make and review a new plan: `rolecall plan --out FILE`",
        ),
        ErrorCode::NotAPlan => (
            "the file is not a saved plan",
            "`rolecall apply FILE` takes a plan that `rolecall plan --out FILE` wrote",
            "make a plan with `rolecall plan --out FILE`; `--file` names a manifest",
        ),
        ErrorCode::Interrupted => (
            "the command was interrupted",
            "a signal, such as Ctrl-C or the end of the job, stopped it; the message says what was done before, if rolecall could still say it",
            "run the same command again: it reads what is there, and goes on from that",
        ),
        ErrorCode::ActionInvalid => (
            "Genesys Cloud does not accept a data action",
            "its contract or its templates are not valid; Genesys Cloud's own words are in the message, and the draft was discarded",
            "correct the [[action]], its schemas or its templates",
        ),
        ErrorCode::DraftInTheWay => (
            "a data action has an unpublished draft",
            "somebody edits the action in Genesys Cloud, and rolecall does not overwrite the draft",
            "publish or discard the draft (Admin > Integrations > Actions), then repeat the command",
        ),
        ErrorCode::IntegrationInactive => (
            "the integration reports an error",
            "Genesys Cloud could not activate it; its own words are in the message",
            "check the integration in Genesys Cloud (Admin > Integrations), then repeat the command",
        ),
        ErrorCode::DoubleClaim => (
            "several manifests are about the same role",
            "they would undo each other's changes",
            "keep one of them, or give the others another `name` in [role] or another account in [aws]",
        ),
        ErrorCode::Unfit => (
            "no manifest describes this role",
            "the role does something that a manifest cannot say, or allows no Lambda function",
            "the message names what; give functions with --target, or write the manifest with `rolecall init` and compare with \
             `rolecall plan --adopt`",
        ),
        ErrorCode::NoTwin => (
            "no twin can stand for the role",
            "a twin trusts the caller in the place of Genesys Cloud, which this caller or this trust policy does not allow",
            "use the credentials of a user or of a role session, or verify with `--level live`",
        ),
        ErrorCode::TwinLeft => (
            "a twin was left behind",
            "the throw-away copy of the role could not be deleted, or nobody knows whether it was; it trusts the caller",
            "`rolecall verify --sweep` removes it",
        ),
        ErrorCode::Internal => (
            "rolecall has a bug",
            "something happened that rolecall rules out",
            "please report it, with the message and the version (`rolecall --version`)",
        ),
        ErrorCode::Unstorable => (
            "IAM would refuse a policy of the plan",
            "rolecall holds every policy of a plan, those in between included, to IAM's grammar and quotas before the first write; nothing \
             was sent",
            "correct what the message names in the manifest, the template or the role",
        ),
        ErrorCode::CredentialUnfit => (
            "the credential of actions with a `url` cannot be made",
            "the secret is missing, is not a JSON object of texts or lacks a field, or Genesys Cloud accepts no credential of this type \
             for the integration; nothing was written",
            "correct the secret, or `type` in [genesys.web_services.credential]; the message names the types that are accepted and the \
             fields that are missing",
        ),
    };
    Words { title, why, remedy }
}

/// Commands that end with an error, beside a new manifest.
const COMMANDS: [(ErrorCode, &str); 8] = [
    (ErrorCode::CommandLine, "rolecall explain T99"),
    (ErrorCode::NoTerminal, "rolecall apply --sandbox </dev/null"),
    (ErrorCode::ManifestMissing, "rolecall plan --sandbox --file no-such-file.toml"),
    (ErrorCode::EditRefused, "rolecall target remove no-such-function"),
    (ErrorCode::Document, "rolecall prove rolecall.toml"),
    (ErrorCode::Settings, "rolecall plan --profile no-such-profile"),
    (ErrorCode::NotAsked, "rolecall boundary apply --sandbox"),
    (ErrorCode::NotAPlan, "rolecall apply rolecall.toml --sandbox"),
];

const REFERENCES: [(ErrorCode, &str); 4] = [
    (
        ErrorCode::NoCredentials,
        "https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html",
    ),
    (
        ErrorCode::AccessDenied,
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
    ),
    (ErrorCode::Quota, "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"),
    (
        ErrorCode::BoundaryMissing,
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
    ),
];

fn of(code: ErrorCode, table: &[(ErrorCode, &'static str)]) -> Option<&'static str> {
    table.iter().find(|(of, _)| *of == code).map(|(_, text)| *text)
}
