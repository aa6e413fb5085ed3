//! Telling others what a check found: a metric ([`metric`]), a message ([`topic`]) and findings of Security Hub
//! ([`finding`]), each where it is asked for.
//!
//! What each of them says is a pure function of the report. Where one of them does not get through, the others are told all
//! the same, and the invocation fails with what was found, so that Lambda tries again and its own metric of errors shows it.
//! Told twice, as EventBridge may ask, a finding is the same finding.

mod finding;
mod metric;
mod roll_call;
mod topic;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::iam::arn::{AccountId, Arn, Region};
use rolecall::ports::AwsResult;
use rolecall::ports::findings::Finding;
use rolecall::report::{AnyReport, ErrorView, Report};
use rolecall::verify::claim::ClaimOutcome;
use serde::Deserialize;
use serde_json::Value;
use tokio::join;
use tokio::time::timeout;

use self::roll_call::Over;
use crate::audit::{Outcome, Scope};
use crate::event::Call;
use crate::manifests::Manifests;
use crate::{Invocation, log};

/// What is kept of the function's time to say who could not be told; a short function keeps half of its time for telling.
const AT_THE_END: Duration = Duration::from_secs(2);

/// What a request states.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stated {
    /// The CloudWatch namespace of the metrics.
    metrics: Option<String>,
    /// The ARN of an SNS topic.
    topic: Option<String>,
    /// Whether the topic hears that all is right, too.
    #[serde(default)]
    topic_always: bool,
    /// Whether Security Hub has a finding for each role.
    #[serde(default)]
    security_hub: bool,
}

/// Whom to tell.
#[derive(Clone, Debug)]
pub(crate) struct Publish {
    metrics: Option<String>,
    topic: Option<Arn>,
    topic_always: bool,
    security_hub: bool,
}

/// What was found.
pub(crate) struct Checked<'a> {
    pub(crate) command: &'static str,
    pub(crate) manifests: &'a Manifests,
    pub(crate) report: &'a AnyReport,
    /// The call that is the reason for the check.
    pub(crate) call: Option<&'a Call>,
}

/// What a roll call came to.
pub(crate) struct Audited<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) outcome: &'a Outcome,
}

/// What is to be told, whatever was looked at.
struct Telling<'a> {
    /// Lines with metrics.
    metrics: Vec<Value>,
    /// How it ended, in one line.
    subject: String,
    /// The same at length.
    text: String,
    is_wrong: bool,
    findings: Vec<Finding>,
    /// Which findings of earlier checks are over; `None` where each finding is told anew by every check.
    over: Option<Over<'a>>,
}

impl Publish {
    /// Checks what is stated.
    pub(crate) fn read(stated: Stated) -> anyhow::Result<Self> {
        let Stated { metrics, topic, topic_always, security_hub } = stated;
        anyhow::ensure!(
            metrics.is_some() || topic.is_some() || security_hub,
            "`publish` takes `metrics` (a namespace), `topic` (an ARN) or `security_hub` (true), or several of these"
        );
        anyhow::ensure!(!topic_always || topic.is_some(), "`topic_always` needs a `topic`");
        if let Some(namespace) = &metrics {
            metric::check_namespace(namespace)?;
        }
        let topic = topic.map(|topic| topic_arn(&topic)).transpose()?;
        Ok(Self { metrics, topic, topic_always, security_hub })
    }

    /// Whether the findings about these manifests can have IDs that stay.
    pub(crate) fn check_ids(&self, command: &str, manifests: &Manifests) -> anyhow::Result<()> {
        if self.security_hub {
            anyhow::ensure!(
                manifests.are_kept(),
                "`security_hub` needs manifests by reference: a finding is known by where its manifest is kept"
            );
            for name in manifests.names() {
                let length = finding::id(command, name).chars().count();
                anyhow::ensure!(
                    length <= finding::LONGEST_ID,
                    "`{name}` is too long for the ID of a finding in Security Hub"
                );
            }
        }
        Ok(())
    }

    /// Tells everybody what a check found.
    pub(crate) async fn tell(&self, checked: &Checked<'_>, invocation: &Invocation) -> anyhow::Result<()> {
        let missing = checked.missing();
        let roles = checked.roles(&missing);
        let (request, now) = (invocation.request_id.as_str(), Timestamp::now());
        let metrics = self.metrics.iter().flat_map(|namespace| {
            let line = metric::line(namespace, checked.dimension(), &roles, request, now);
            std::iter::once(line).chain(metric::action_lines(namespace, &roles, request, now))
        });
        let findings =
            roles.iter().map(|(name, role)| finding::of(checked.command, name, role, checked.call));
        let telling = Telling {
            metrics: metrics.collect(),
            subject: topic::subject(checked.command, &roles, checked.call),
            text: topic::message(checked.report, checked.call),
            is_wrong: roles.iter().any(|(_, role)| role.exit != ExitCode::Success),
            findings: findings.collect(),
            over: None,
        };
        self.deliver(&telling, invocation, now).await
    }

    /// Tells everybody what a roll call came to.
    pub(crate) async fn tell_audit(
        &self,
        audited: &Audited<'_>,
        invocation: &Invocation,
    ) -> anyhow::Result<()> {
        let now = Timestamp::now();
        let namespace = self.metrics.as_deref();
        let telling = audited.telling(namespace, &invocation.request_id, now);
        self.deliver(&telling, invocation, now).await
    }

    /// The one door: each receiver that was asked for hears it once.
    async fn deliver(
        &self,
        telling: &Telling<'_>,
        invocation: &Invocation,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let Telling { metrics, subject, text, is_wrong, findings, over } = telling;
        let mut failures: Vec<String> = Vec::new();
        for line in metrics {
            if let Err(error) = log::metric(line) {
                failures.push(format!("the metrics: {error}"));
            }
        }
        let topic = self.topic.as_ref().filter(|_| *is_wrong || self.topic_always);
        if topic.is_some() || self.security_hub {
            let aws = invocation.connections.aws().await?;
            let left = invocation.left();
            let limit = left.saturating_sub(AT_THE_END).max(left / 2);
            let until = Instant::now() + limit;
            let message = async {
                let Some(topic) = topic else { return Vec::new() };
                let failure = within(limit, aws.send_message(topic, subject, text)).await.err();
                failure.map(|error| format!("the message to `{topic}`: {error}")).into_iter().collect()
            };
            let findings = async {
                if !self.security_hub {
                    return Vec::new();
                }
                let here = &invocation.function;
                let left = || until.saturating_duration_since(Instant::now());
                let import = async |findings: &[Finding]| match within(
                    left(),
                    aws.import_findings(here, findings, now),
                )
                .await
                {
                    Ok(refused) => refused.iter().map(|it| format!("Security Hub refused {it}")).collect(),
                    Err(error) => vec![format!("the findings: {error}")],
                };
                let mut failures = import(findings).await;
                if let Some(over) = over {
                    // What is wrong now was told before: whether something is over may be refused, or take too long.
                    let known = aws.active_findings(here, roll_call::GENERATOR, over.field());
                    match within(left(), known).await {
                        Ok(known) => {
                            let over: Vec<_> = known.iter().filter_map(|known| over.judge(known)).collect();
                            failures.extend(import(&over).await);
                        }
                        Err(error) => failures.push(format!("the findings that are over: {error}")),
                    }
                }
                failures
            };
            // At the same time: where one of them hangs (a VPC without its endpoint), the other has its turn.
            let (message, findings) = join!(message, findings);
            failures.extend(message.into_iter().chain(findings));
        }
        anyhow::ensure!(
            failures.is_empty(),
            "the check was made ({}), and not everybody could be told. {}",
            subject,
            failures.join("; ")
        );
        Ok(())
    }

    /// Sends the topic a message about something else than a check; where there is no topic, nobody is told.
    pub(crate) async fn tell_topic(
        &self,
        subject: &str,
        text: &str,
        invocation: &Invocation,
    ) -> anyhow::Result<()> {
        let Some(topic) = &self.topic else { return Ok(()) };
        let aws = invocation.connections.aws().await?;
        let left = invocation.left();
        let limit = left.saturating_sub(AT_THE_END).max(left / 2);
        let sent = within(limit, aws.send_message(topic, &topic::one_line(subject), text)).await;
        sent.map_err(|error| anyhow::anyhow!("the message to `{topic}`: {error}"))
    }
}

impl Checked<'_> {
    /// What the metrics of the check are kept apart by. Checks of a few roles between two scheduled ones must not end the
    /// alarm about another role, nor hide that the schedule stands still.
    fn dimension(&self) -> &'static str {
        if self.call.is_some() { "event" } else { self.command }
    }

    /// What is known of each manifest's role. Where the check failed as a whole, that is what is known of each; and of one
    /// that it says nothing about, `missing` is.
    fn roles<'a>(&'a self, missing: &'a Report) -> Vec<(&'a str, &'a Report)> {
        let of = |name: &str| match self.report {
            AnyReport::One(report) => report.as_ref(),
            AnyReport::Several(fleet) => {
                let mut roles = fleet.roles.iter();
                roles.find(|role| role.manifest.as_deref() == Some(name)).unwrap_or(missing)
            }
        };
        self.manifests.names().map(|name| (name, of(name))).collect()
    }

    /// The report about a role that the check says nothing about.
    fn missing(&self) -> Report {
        let message = "the check says nothing about this manifest".to_owned();
        let error = Some(ErrorView { code: ErrorCode::Internal, message, hint: None });
        Report { error, exit: ExitCode::Failed, ..Report::new(self.command) }
    }
}

/// What came of the call in that time.
async fn within<T>(limit: Duration, call: impl Future<Output = AwsResult<T>>) -> Result<T, String> {
    match timeout(limit, call).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => {
            Err(format!("no answer within {:.1} s, which the function's timeout leaves", limit.as_secs_f32()))
        }
    }
}

/// Whether AWS is not as the manifest says.
fn is_drifted(report: &Report) -> bool {
    report.drift.iter().flatten().next().is_some()
}

/// Whether a claim does not hold, also where something else went wrong besides.
fn is_refuted(report: &Report) -> bool {
    let mut claims = report.verification.iter().flat_map(|verification| &verification.claims);
    report.exit == ExitCode::Refuted || claims.any(|claim| claim.result == ClaimOutcome::Refuted)
}

/// Whether the role could not be looked at.
fn is_failed(report: &Report) -> bool {
    matches!(report.exit, ExitCode::Failed | ExitCode::Usage)
}

/// The role's name, or that of its manifest where no more is known.
fn role_name<'a>(name: &'a str, report: &'a Report) -> &'a str {
    let arn = report.role.as_ref().map(|role| role.arn.as_str());
    arn.and_then(|arn| arn.rsplit('/').next()).unwrap_or(name)
}

/// The text with no more than so many characters.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

fn topic_arn(text: &str) -> anyhow::Result<Arn> {
    let arn: Arn = text.parse()?;
    let is_topic = arn.service == "sns"
        && arn.region.parse::<Region>().is_ok()
        && arn.account.parse::<AccountId>().is_ok()
        && !arn.resource.contains(':');
    anyhow::ensure!(
        is_topic,
        "`{text}` is not an SNS topic ARN (expected arn:aws:sns:us-east-1:123456789012:name)"
    );
    // Those want to know what belongs together and what is the same; nobody reads them as mail, either.
    anyhow::ensure!(!arn.resource.ends_with(".fifo"), "`{text}` is a FIFO topic; name a standard one");
    Ok(arn)
}

#[cfg(test)]
mod tests {
    use rolecall::drift::Consequence;
    use rolecall::ports::findings::Compliance;
    use rolecall::report::{ClaimView, DifferenceView, FleetReport, RoleView, VerificationView};
    use rolecall::verify::claim::ClaimKind;
    use serde_json::json;

    use super::*;

    /// The report of a check that ended like this.
    fn report(exit: ExitCode, drift: Vec<Consequence>, claims: Vec<(ClaimKind, ClaimOutcome)>) -> Report {
        let role = RoleView {
            arn: "arn:aws:iam::123456789012:role/GenesysDataActionRole".to_owned(),
            exists: true,
            managed_by: None,
            caller: "arn:aws:iam::123456789012:role/ci".to_owned(),
            trusted: vec!["arn:aws:iam::765628985471:root".to_owned()],
            external_id: "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94".to_owned(),
            vendor: None,
            policies: Vec::new(),
            permissions_boundary: None,
            targets: Vec::new(),
            grants: Vec::new(),
            further_external_ids: Vec::new(),
        };
        let difference = |consequence: Consequence| DifferenceView {
            resource: role.arn.clone().into(),
            attribute: "trust policy".into(),
            consequence,
            effects: vec!["anybody can assume the role".into()],
            expected: None,
            actual: None,
            repair: "rolecall apply".to_owned(),
            position: None,
            key: rolecall::report::KeyView::Path("role".to_owned()),
        };
        let claim = |(kind, result): (ClaimKind, ClaimOutcome)| ClaimView {
            kind,
            states_more: false,
            absent: None,
            claim: "nobody else can assume the role".into(),
            result,
            witness: None,
            because: (result == ClaimOutcome::Refuted).then(|| "somebody did".into()).into_iter().collect(),
            explanation: None,
            reasons: Vec::new(),
        };
        let claims = claims.into_iter().map(claim).collect();
        let drift: Vec<_> = drift.into_iter().map(difference).collect();
        Report {
            exit,
            role: Some(role.clone()),
            verification: Some(VerificationView { claims, ..VerificationView::default() }),
            drift: Some(drift),
            ..Report::new("drift")
        }
    }

    pub(super) fn fine() -> Report {
        report(ExitCode::Success, vec![], vec![(ClaimKind::OnlyTrusted, ClaimOutcome::Proved)])
    }

    pub(super) fn drifted() -> Report {
        report(ExitCode::Pending, vec![Consequence::Tag, Consequence::TargetMissing], vec![])
    }

    pub(super) fn refuted() -> Report {
        let claims = vec![(ClaimKind::OnlyTrusted, ClaimOutcome::Refuted)];
        report(ExitCode::Refuted, vec![Consequence::WidensTrust], claims)
    }

    pub(super) fn undecided() -> Report {
        report(ExitCode::Inconclusive, vec![], vec![(ClaimKind::OnlyTargets, ClaimOutcome::Unknown)])
    }

    pub(super) fn failed() -> Report {
        let message = "iam:GetRole failed: Access Denied".to_owned();
        let hint = Some("the caller needs the permission iam:GetRole".to_owned());
        let error = Some(ErrorView { code: ErrorCode::AccessDenied, message, hint });
        Report { error, exit: ExitCode::Failed, ..Report::new("drift") }
    }

    #[test]
    fn what_is_stated_is_checked() {
        let kept = Manifests::read(&json!("s3://bucket/rolecall.toml")).unwrap();
        let here = Manifests::read(&json!("version = 1")).unwrap();
        let long = Manifests::read(&json!(format!("s3://bucket/{}", "x".repeat(500)))).unwrap();
        let topic = "arn:aws:sns:us-east-1:123456789012:drift";
        let read = |stated: serde_json::Value, manifests: &Manifests| {
            let publish = Publish::read(serde_json::from_value(stated).unwrap())?;
            publish.check_ids("drift", manifests)
        };
        for (stated, manifests, part) in [
            (json!({}), &kept, "`publish` takes"),
            (json!({"security_hub": false}), &kept, "`publish` takes"),
            (json!({"metrics": "AWS/IAM"}), &kept, "`AWS/IAM` is not a metric namespace"),
            (json!({"metrics": "Rolecall", "topic_always": true}), &kept, "needs a `topic`"),
            (json!({"topic": "drift"}), &kept, "`drift` is not an ARN"),
            (json!({"topic": "arn:aws:sqs:us-east-1:123456789012:drift"}), &kept, "is not an SNS topic ARN"),
            (json!({"topic": format!("{topic}:5f6b2c1e")}), &kept, "is not an SNS topic ARN"),
            (json!({"topic": format!("{topic}.fifo")}), &kept, "FIFO"),
            (json!({"security_hub": true}), &here, "manifests by reference"),
            (json!({"security_hub": true}), &long, "too long"),
        ] {
            let error = read(stated, manifests).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
        for stated in [
            json!({"metrics": "Rolecall"}),
            json!({"topic": topic, "topic_always": true}),
            json!({"metrics": "Rolecall", "topic": topic, "security_hub": true}),
        ] {
            read(stated, &kept).unwrap();
        }
        read(json!({"metrics": "Rolecall", "topic": topic}), &here).unwrap();
        assert!(serde_json::from_value::<Stated>(json!({"subject": "drift"})).is_err());
    }

    #[test]
    fn a_manifest_that_the_report_leaves_out_is_a_failure() {
        let manifests = Manifests::read(&json!(["s3://bucket/a.toml", "s3://bucket/b.toml"])).unwrap();
        let role = Report { manifest: Some("s3://bucket/b.toml".to_owned()), ..fine() };
        let fleet = FleetReport::new("drift", &[role.end()], 9);
        let fleet = FleetReport { roles: vec![role], ..fleet };
        let report = AnyReport::Several(fleet);
        let checked = Checked { command: "drift", manifests: &manifests, report: &report, call: None };
        let missing = checked.missing();
        let roles = checked.roles(&missing);
        let ends: Vec<_> = roles.iter().map(|(name, role)| (*name, role.exit)).collect();
        assert_eq!(
            ends,
            [("s3://bucket/a.toml", ExitCode::Failed), ("s3://bucket/b.toml", ExitCode::Success)]
        );
        let (name, role) = roles[0];
        assert!(is_failed(role));
        assert_eq!(finding::of("drift", name, role, None).compliance, Compliance::NotAvailable);
    }

    #[test]
    fn texts_are_cut_by_characters() {
        assert_eq!(cut("größe", 5), "größe");
        assert_eq!(cut("größer", 5), "größ…");
    }
}
