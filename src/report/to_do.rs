//! What to do now, as data for readers.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::advice::{Invocation, quoted};
use super::drift::{in_options, repair_in_words};
use super::human::BOLD;
use super::{Report, Text};
use crate::drift::Deed;
use crate::iam::arn::FunctionArn;
use crate::verify::repair::Repair;

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
            Deed::RemoveStatement { function, statement: Some(id) } => with(
                lambda("remove-permission", function, &format!("--statement-id {}", quoted(id))),
                "the function's own policy no longer lets in a caller that nobody stated; if the caller is wanted, name it in \
                 `invokers` of the [[target]] instead",
            ),
            Deed::RemoveStatement { function, statement: None } => by_hand(format!(
                "remove the statement from the policy of {function} that lets in a caller whom nobody stated"
            )),
            Deed::SignUrl(function) => with(
                lambda("update-function-url-config", function, "--auth-type AWS_IAM"),
                "the function's URL asks its callers for a signature",
            ),
            Deed::ApplyBoundary => with(
                "rolecall boundary apply".to_owned(),
                "an administrator writes the permissions boundary of the targets",
            ),
            Deed::MakeBoundary => by_hand(
                "create the permissions boundary, or correct `permissions_boundary` in [role]".to_owned(),
            ),
            Deed::EditPath(path) => {
                by_hand(format!("set `path = \"{path}\"` in [role] of the manifest: IAM cannot move a role"))
            }
            Deed::Apply(flags) => {
                let mut what = "rolecall writes what the manifest says".to_owned();
                if flags.adopt {
                    what += "; --adopt takes over what lost its owner tag or what rolecall did not make";
                }
                if flags.remove_foreign {
                    what += "; --remove-foreign takes the policies of others off the role";
                }
                if flags.replace {
                    what += "; --replace makes data actions anew: flows lose their IDs and must be pointed at the new ones";
                }
                with(format!("rolecall apply{}", in_options(*flags)), &what)
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
        self.command = self.command.as_ref().map(|command| invocation.complete(command));
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
