//! What to do now, as data for readers.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::advice::{Invocation, quoted};
use super::drift::{genesys_in_other_tool, in_options, repair_in_words};
use super::human::BOLD;
use super::{Report, Text};
use crate::drift::{Connector, Deed, Extent, Unread};
use crate::iam::arn::FunctionArn;
use crate::verify::repair::Repair;
use rolecall_model::shown::Shown;

/// One step of what to do now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeedView {
    /// What is done.
    pub what: Text,
    /// The command that does it, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl From<&Deed> for DeedView {
    fn from(deed: &Deed) -> Self {
        let with =
            |command: String, what: &str| Self { what: what.to_owned().into(), command: Some(command) };
        let by_hand = |what: String| Self { what: what.into(), command: None };
        match deed {
            // What a terminal must not show is no part of a command either.
            Deed::RemoveStatement { function, statement: Some(id) } if Shown(id).to_string() == *id => with(
                lambda("remove-permission", function, &format!("--statement-id {}", quoted(id))),
                "the function's own policy no longer lets in a caller that nobody stated; if the caller is wanted, name it in \
                 `invokers` of the [[target]] instead",
            ),
            Deed::RemoveStatement { function, statement: Some(id) } => by_hand(format!(
                "remove the statement whose ID is {} from the policy of {function}: it lets in a caller whom nobody stated",
                Shown(id)
            )),
            Deed::RemoveStatement { function, statement: None } => by_hand(format!(
                "remove the statement that has no ID and lets in a caller whom nobody stated from the policy of {function}"
            )),
            Deed::SignUrl(function) => with(
                lambda("update-function-url-config", function, "--auth-type AWS_IAM"),
                "the function's URL asks its callers for a signature",
            ),
            Deed::ApplyBoundary { adopt } => with(
                format!("rolecall boundary apply{}", if *adopt { " --adopt" } else { "" }),
                "an administrator writes the permissions boundary of the targets",
            ),
            Deed::MakeBoundary => by_hand(
                "create the permissions boundary, or correct `permissions_boundary` in [role]".to_owned(),
            ),
            Deed::EditPath(path) => {
                by_hand(format!("set `path = \"{path}\"` in [role] of the manifest: IAM cannot move a role"))
            }
            Deed::EnterArn(arn, connector) => by_hand(match connector {
                Connector::Rolecall | Connector::People => {
                    format!(
                        "enter the role's new ARN in the credential of the integration in Genesys Cloud: {arn}"
                    )
                }
                Connector::Tool(manager) => format!("{}: {arn}", genesys_in_other_tool(*manager)),
                Connector::Vendor(name) => format!("tell {} the role's new ARN: {arn}", Shown(name)),
            }),
            Deed::RewriteCredential => with(
                repair_in_words(Repair::RewriteCredential),
                "rolecall writes the credential of the integration again, under its ID",
            ),
            Deed::CompareAgain(unread) => with(
                "rolecall drift".to_owned(),
                match unread {
                    Unread::Aws => "shows what else differs in AWS, which could not be compared",
                    Unread::GenesysCloud => {
                        "shows what differs in Genesys Cloud, which was not compared here"
                    }
                },
            ),
            Deed::Apply(flags, extent) => {
                let (side, mut what) = match extent {
                    Extent::Whole => ("", "rolecall writes what the manifest says".to_owned()),
                    Extent::Aws => (
                        " --side aws",
                        "rolecall writes to AWS what the manifest says, and not to Genesys Cloud".to_owned(),
                    ),
                };
                if flags.adopt {
                    what += "; --adopt takes over what lost its owner tag or what rolecall did not make";
                }
                if flags.remove_foreign {
                    what += "; --remove-foreign takes the policies of others off the role";
                }
                if flags.replace {
                    what += "; --replace makes data actions anew: flows refer to a data action by its ID, lose it and must be pointed at the new one";
                }
                if flags.allow_every_target {
                    what += "; --allow-claim lets it do so although a target function is missing";
                }
                with(format!("rolecall apply{side}{}", in_options(*flags)), &what)
            }
            Deed::ByHand(Repair::ListAction, names) => by_hand(format!(
                "add to the manifest, under the present name, or delete in Genesys Cloud if no flow uses it: {}",
                names.join(", ")
            )),
            Deed::ByHand(repair, names) => {
                by_hand(format!("{}: {}", repair_in_words(*repair), names.join(", ")))
            }
        }
    }
}

/// A call of the AWS CLI about one form of a function.
fn lambda(call: &str, function: &FunctionArn, options: &str) -> String {
    let FunctionArn { region, qualifier, .. } = function;
    let qualifier = qualifier.iter().map(|qualifier| format!(" --qualifier {}", quoted(qualifier.as_str())));
    format!(
        "aws lambda {call} --region {region} --function-name {}{} {options}",
        function.unqualified(),
        qualifier.collect::<String>()
    )
}

impl DeedView {
    pub(super) fn advise(&mut self, invocation: &Invocation) {
        let Some(command) = &self.command else { return };
        if let Some(more) = invocation.beside(command) {
            self.what = format!("{}; {more}", self.what).into();
        }
        self.command = Some(invocation.complete(command));
    }
}

impl Report {
    /// What to do now; empty where there is nothing.
    #[must_use]
    pub fn do_now_text(&self) -> String {
        if self.do_now.is_empty() {
            return String::new();
        }
        let mut text = format!("\n{BOLD}Do this now{BOLD:#}\n");
        for (index, DeedView { what, command }) in self.do_now.iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = match command {
                Some(command) => writeln!(text, "  {}. {command}\n     {what}", index + 1),
                None => writeln!(text, "  {}. {what}", index + 1),
            };
        }
        text
    }
}
