//! What is said about each consequence of a difference.

use super::{Entry, Example, Kind};
use crate::drift::Consequence;

pub(super) fn entry(consequence: Consequence) -> Entry {
    let Words { why, remedy, tamper } = words(consequence);
    Entry {
        kind: Kind::Drift(consequence),
        code: consequence.code(),
        name: Some(consequence.id()),
        title: consequence.title(),
        severity: Some(consequence.severity()),
        exit: Some(consequence.exit()),
        why,
        remedy,
        edits: None,
        example: tamper.map(Example::Tamper),
        reference: None,
    }
}

struct Words {
    why: &'static str,
    remedy: &'static str,
    tamper: Option<&'static str>,
}

fn words(consequence: Consequence) -> Words {
    let (why, remedy, tamper) = match consequence {
        Consequence::OtherOrganization => (
            "the OAuth client belongs to another organization than the manifest names: its external ID does not open the role, \
             and changes would go to the other organization",
            "use an OAuth client of the manifest's organization, or correct `organization_id` in [genesys]; `rolecall genesys \
             whoami` shows the client's organization",
            Some("genesys-organization"),
        ),
        Consequence::WidensTrust => (
            "the role can be assumed by somebody whom the manifest does not name, or without the external ID that the manifest asks for",
            "`rolecall apply` writes the trust policy of the manifest; then look in CloudTrail for sessions that began meanwhile",
            Some("trust-no-condition"),
        ),
        Consequence::WidensPermissions => (
            "a session of the role can do more than invoke the targets now",
            "`rolecall apply` writes the policies of the manifest; policies of others go with `--remove-foreign`",
            Some("policy-widened"),
        ),
        Consequence::Undecided => (
            "a document contains something that the proof does not understand, or a credential was changed right after rolecall wrote it \
             and Genesys Cloud does not show what is in it: nobody has shown that it is harmless",
            "read the reason that the report gives; `rolecall apply` writes the document of the manifest, and \
             `rolecall genesys connect --rewrite-credential` the credential",
            None,
        ),
        Consequence::NarrowsTrust => (
            "a principal that the manifest names cannot assume the role: what it does through the role, such as data actions, fails",
            "`rolecall apply` writes the trust policy of the manifest",
            None,
        ),
        Consequence::NarrowsPermissions => (
            "a session cannot invoke every target, or not do all that a grant is for: what depends on it, such as data actions, fails",
            "`rolecall apply` attaches and writes the policies of the manifest",
            Some("policy-detached"),
        ),
        Consequence::TargetMissing => (
            "Lambda has no such function, alias or version: what calls it, such as data actions, fails, whatever the role may do",
            "deploy the function, or remove the target from the manifest (`rolecall target remove`)",
            Some("function-deleted"),
        ),
        Consequence::Disconnected => (
            "the integration, its configuration or its credential does not lead to the role: its data actions fail",
            "`rolecall apply` connects Genesys Cloud to the role again",
            Some("genesys-integration-disabled"),
        ),
        Consequence::CredentialDiffers => (
            "the credential that actions with a `url` read is missing, has another type, or was changed after rolecall wrote it: what \
             they call may refuse them",
            "`rolecall apply` writes the credential with the values that the secret holds then",
            None,
        ),
        Consequence::ActionMissing => (
            "flows that call the action fail",
            "`rolecall apply` creates the action; flows keep the ID of the old action, so each has to be pointed at the new one",
            Some("genesys-action-deleted"),
        ),
        Consequence::ActionDiffers => (
            "the action sends, expects or returns something else than the manifest says",
            "`rolecall apply` publishes the action of the manifest; `rolecall genesys action export` takes over what is there",
            Some("genesys-action-edited"),
        ),
        Consequence::Boundary => (
            "the permissions boundary limits what policies that are attached later can allow",
            "`rolecall apply` sets the boundary of the manifest",
            None,
        ),
        Consequence::Unaffected => (
            "the document differs, and the proof shows that the same callers can do the same things",
            "`rolecall apply` writes the document of the manifest",
            None,
        ),
        Consequence::Quota => (
            "AWS would refuse a change that the manifest asks for, so `rolecall apply` does not begin",
            "if policies of others take the room, `rolecall apply --remove-foreign` removes them first; otherwise have the quota raised \
             in Service Quotas, or split the targets over several roles",
            None,
        ),
        Consequence::Session => (
            "a longer session stays valid for longer after a theft, and a shorter one can refuse callers that ask for longer",
            "`rolecall apply` sets the session duration of the manifest",
            Some("max-session"),
        ),
        Consequence::Leftover => (
            "a policy that rolecall made is on no role, or is no longer needed; it allows nobody anything by itself",
            "`rolecall apply` deletes it",
            None,
        ),
        Consequence::ForeignAction => (
            "somebody made it in Genesys Cloud, and nobody checks it against a manifest",
            "add it to the manifest (`rolecall genesys action import`), or delete it in Genesys Cloud",
            None,
        ),
        Consequence::Notes => (
            "a name, a category or notes in Genesys Cloud differ from the manifest; flows refer to IDs, so they go on",
            "`rolecall apply` writes what the manifest says",
            None,
        ),
        Consequence::Tag => (
            "tags decide who owns a role and, in some accounts, who may do what with it",
            "`rolecall apply` sets the tags of the manifest",
            Some("tag-removed"),
        ),
        Consequence::Description => (
            "the description differs from the manifest; it allows nobody anything",
            "`rolecall apply` sets the description of the manifest",
            None,
        ),
    };
    Words { why, remedy, tamper }
}
