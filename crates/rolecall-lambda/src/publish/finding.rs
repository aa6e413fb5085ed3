//! A finding of Security Hub for each role, whatever became of its check: so the finding of a role that was repaired goes
//! away again, and a check that could not be made does not leave the last result standing.

use rolecall::drift::Consequence;
use rolecall::exit::ExitCode;
use rolecall::ports::findings::{Compliance, Finding, Severity};
use rolecall::report::Report;
use rolecall::verify::claim::ClaimKind;
use rolecall::verify::claim::ClaimOutcome;

use crate::event::{Call, told};

use super::{cut, is_drifted, is_failed, is_refuted, role_name};

/// Limits of the format (API Reference, AwsSecurityFinding and what is in it), in characters.
pub(super) const LONGEST_ID: usize = 512;
pub(super) const LONGEST_TITLE: usize = 256;
pub(super) const LONGEST_DESCRIPTION: usize = 1024;
pub(super) const LONGEST_REMEDIATION: usize = 512;
pub(super) const LONGEST_RESOURCE: usize = 512;

/// The ID. Nothing but the check and the place of the manifest is in it, for more may not be known next time.
pub(super) fn id(command: &str, name: &str) -> String {
    format!("rolecall/{command}/{name}")
}

/// The finding about the role of that manifest.
pub(super) fn of(command: &str, name: &str, report: &Report, call: Option<&Call>) -> Finding {
    let compliance = compliance(report);
    let role = role_name(name, report);
    let title = match compliance {
        Compliance::Passed => format!("Role {role} is as its manifest says"),
        Compliance::Warning => {
            format!("Role {role}: something that its manifest asks for could not be decided")
        }
        Compliance::Failed if is_refuted(report) => {
            format!("Role {role} is refuted: it allows what its manifest does not, or not what it must")
        }
        Compliance::Failed => format!("Role {role} has drifted from its manifest"),
        Compliance::NotAvailable => format!("The role of {name} could not be checked"),
    };
    // A warning may be all there is to say of what could not be decided.
    let complaints: Vec<String> =
        report.complaints().into_iter().chain(report.warnings.iter().cloned()).collect();
    let description = match compliance {
        Compliance::Passed => format!("`rolecall {command}` found nothing wrong with the role of {name}."),
        Compliance::Warning | Compliance::Failed | Compliance::NotAvailable if complaints.is_empty() => {
            report.exit.meaning(report.is_for_vendor()).to_owned()
        }
        Compliance::Warning | Compliance::Failed | Compliance::NotAvailable => complaints.join(" | "),
    };
    let started = call.map(|call| format!("{} started this check. ", told::line(call)));
    let description = started.unwrap_or_default() + &description;
    let of_call = call.map(|call| {
        [
            ("rolecall/event_id", call.id.clone()),
            ("rolecall/event_name", call.operation.clone()),
            ("rolecall/event_actor", call.actor.name().to_owned()),
        ]
    });
    let remediation = match compliance {
        Compliance::Passed => "There is nothing to do.".to_owned(),
        Compliance::NotAvailable => "The description says what kept rolecall from looking.".to_owned(),
        Compliance::Warning | Compliance::Failed => format!(
            "`rolecall drift` names each difference from {name} with the command that repairs it; `rolecall apply` makes the \
             role what the manifest says."
        ),
    };
    let (resource_type, resource) = match &report.role {
        Some(role) => ("AwsIamRole", role.arn.as_str()),
        None => ("Other", name),
    };
    Finding {
        id: id(command, name),
        generator: format!("rolecall/{command}"),
        title: cut(&title, LONGEST_TITLE),
        description: cut(&description, LONGEST_DESCRIPTION),
        remediation: cut(&remediation, LONGEST_REMEDIATION),
        compliance,
        severity: severity(report, compliance),
        resource_type,
        resource: cut(resource, LONGEST_RESOURCE),
        fields: [
            ("rolecall/manifest", name.to_owned()),
            ("rolecall/exit_code", report.exit.code().to_string()),
        ]
        .into_iter()
        .chain(of_call.into_iter().flatten())
        .collect(),
    }
}

/// What is known to be wrong counts more than what could not be looked at besides.
fn compliance(report: &Report) -> Compliance {
    if is_refuted(report) || is_drifted(report) {
        return Compliance::Failed;
    }
    match report.exit {
        ExitCode::Success => Compliance::Passed,
        ExitCode::Inconclusive => Compliance::Warning,
        ExitCode::Failed | ExitCode::Usage => Compliance::NotAvailable,
        ExitCode::Pending | ExitCode::Refuted => Compliance::Failed,
    }
}

/// The gravest of what is wrong.
fn severity(report: &Report, compliance: Compliance) -> Severity {
    let least = match compliance {
        Compliance::Passed => Severity::Informational,
        Compliance::Warning | Compliance::NotAvailable => Severity::Medium,
        // AWS itself refutes it, or a finding does, and which claim that is about is not said.
        Compliance::Failed if report.exit == ExitCode::Refuted || is_failed(report) => Severity::Medium,
        Compliance::Failed => Severity::Low,
    };
    let drift = report.drift.iter().flatten().map(|difference| of_consequence(difference.consequence));
    let claims = report.verification.iter().flat_map(|verification| &verification.claims);
    let claims =
        claims.filter(|claim| claim.result == ClaimOutcome::Refuted).map(|claim| of_claim(claim.kind));
    drift.chain(claims).fold(least, Severity::max)
}

fn of_consequence(consequence: Consequence) -> Severity {
    match consequence {
        Consequence::OtherOrganization | Consequence::WidensTrust => Severity::Critical,
        Consequence::WidensPermissions => Severity::High,
        Consequence::Undecided
        | Consequence::NarrowsTrust
        | Consequence::NarrowsPermissions
        | Consequence::TargetMissing
        | Consequence::Disconnected
        | Consequence::CredentialDiffers
        | Consequence::ActionMissing
        | Consequence::ActionDiffers => Severity::Medium,
        Consequence::Quota
        | Consequence::Boundary
        | Consequence::Unaffected
        | Consequence::Session
        | Consequence::Leftover
        | Consequence::ForeignAction
        | Consequence::Notes
        | Consequence::Tag
        | Consequence::Description => Severity::Low,
    }
}

/// Of a claim that is refuted.
fn of_claim(kind: ClaimKind) -> Severity {
    match kind {
        ClaimKind::OnlyTrusted | ClaimKind::ExternalId => Severity::Critical,
        ClaimKind::OnlyTargets | ClaimKind::OnlyThroughRole => Severity::High,
        ClaimKind::MayAssume | ClaimKind::EveryTarget | ClaimKind::Boundary | ClaimKind::Organization => {
            Severity::Medium
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{drifted, failed, fine, refuted, undecided};
    use super::*;

    const NAME: &str = "s3://bucket/rolecall.toml";

    #[test]
    fn each_end_of_a_check() {
        for (report, compliance, severity, part) in [
            (fine(), Compliance::Passed, Severity::Informational, "found nothing wrong"),
            (drifted(), Compliance::Failed, Severity::Medium, "differs from the manifest"),
            (refuted(), Compliance::Failed, Severity::Critical, "somebody did"),
            (undecided(), Compliance::Warning, Severity::Medium, "undecided: nobody else"),
            (failed(), Compliance::NotAvailable, Severity::Medium, "Access Denied\nhint: the caller needs"),
        ] {
            let finding = of("drift", NAME, &report, None);
            assert_eq!((finding.compliance, finding.severity), (compliance, severity), "{finding:?}");
            assert!(finding.description.contains(part), "{finding:?}");
            // Whatever is found, it is the same finding.
            assert_eq!(finding.id, "rolecall/drift/s3://bucket/rolecall.toml");
        }
    }

    #[test]
    fn a_role_that_is_not_known_is_its_manifest() {
        let finding = of("drift", NAME, &failed(), None);
        assert_eq!((finding.resource_type, finding.resource.as_str()), ("Other", NAME));
        let finding = of("drift", NAME, &fine(), None);
        assert_eq!(finding.resource_type, "AwsIamRole");
    }

    #[test]
    fn a_refutation_is_not_hidden_by_a_failure() {
        let report = Report { exit: ExitCode::Failed, ..refuted() };
        let finding = of("verify", NAME, &report, None);
        assert_eq!((finding.compliance, finding.severity), (Compliance::Failed, Severity::Critical));
    }

    #[test]
    fn nothing_is_longer_than_it_may_be() {
        let mut report = refuted();
        for difference in report.drift.iter_mut().flatten() {
            difference.effects = vec!["ü".repeat(5000).into()];
        }
        let name = format!("s3://bucket/{}", "ü".repeat(400));
        let Finding { id, title, description, remediation, resource, .. } =
            of("verify", &name, &report, None);
        let length = |text: &str| text.chars().count();
        assert!(length(&id) <= LONGEST_ID && length(&title) <= LONGEST_TITLE);
        assert_eq!(length(&description), LONGEST_DESCRIPTION);
        assert!(length(&remediation) <= LONGEST_REMEDIATION && length(&resource) <= LONGEST_RESOURCE);
    }
}
