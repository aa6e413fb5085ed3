//! JUnit XML: every check is a test case, so that a report of what holds is a report too.
//!
//! No times: what was proved took none worth telling, and equal states give equal files.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::Text;
use super::diff;
use super::issue::error_text;
use super::text::join;
use super::{
    AnalysisView, ChangeView, DifferenceView, ErrorView, Report, TestOutcome, UnexaminedView,
    VerificationView,
};
use crate::exit::ExitCode;
use crate::verify::analysis::Opinion;
use crate::verify::claim::ClaimOutcome;
use crate::verify::probe::Shows;

impl Report {
    pub(super) fn to_junit(&self) -> String {
        let mut report = quick_junit::Report::new(self.title());
        report.add_test_suites(self.suites());
        // Names and texts cannot make it fail: what XML does not allow is left out.
        report.to_string().unwrap_or_default()
    }

    /// A suite for each kind of check.
    pub(super) fn suites(&self) -> Vec<TestSuite> {
        let suites = [
            ("drift", self.drift_cases()),
            ("changes", self.change_cases()),
            ("proof", self.claim_cases()),
            ("findings", self.finding_cases()),
            ("analysers", self.analysis_cases()),
            ("probes", self.probe_cases()),
            ("actions", self.action_cases()),
            ("unexamined", self.unexamined_cases()),
            ("run", self.error_cases()),
        ];
        let mut suites = suites;
        let is_red = |case: &TestCase| match &case.status {
            TestCaseStatus::NonSuccess { .. } => true,
            TestCaseStatus::Success { .. } | TestCaseStatus::Skipped { .. } => false,
        };
        // Whoever reads the file gets what the process says, also where it is about no single case.
        if self.exit != ExitCode::Success && !suites.iter().flat_map(|(_, cases)| cases).any(is_red) {
            let verdict = self.verdict();
            let case = unsuccessful(self.title(), NonSuccessKind::Failure, &verdict, &verdict);
            suites.last_mut().into_iter().for_each(|(_, cases)| cases.push(case.clone()));
        }
        let some = suites.into_iter().filter(|(_, cases)| !cases.is_empty());
        some.map(|(name, mut cases)| {
            let class = format!("rolecall.{}.{name}", self.command);
            for case in &mut cases {
                case.set_classname(class.as_str());
            }
            let mut suite = TestSuite::new(format!("{} {name}", self.title()));
            suite.add_test_cases(cases);
            suite
        })
        .collect()
    }

    fn drift_cases(&self) -> Vec<TestCase> {
        match self.drift.as_deref() {
            None => Vec::new(),
            Some([]) => vec![passed("AWS matches the manifest".to_owned())],
            Some(drift) => drift.iter().map(difference).collect(),
        }
    }

    /// Of `plan` what is to be done, which is no failure; of `apply` what became of it.
    fn change_cases(&self) -> Vec<TestCase> {
        let headlines = |changes: &[ChangeView]| changes.iter().map(ChangeView::headline).collect::<Vec<_>>();
        let skipped = |headline: String, message: &str| {
            let mut status = TestCaseStatus::skipped();
            status.set_message(message);
            TestCase::new(headline, status)
        };
        match (&self.applied, &self.drift) {
            (Some(applied), _) => {
                let done = headlines(&applied.done).into_iter().map(passed);
                let error = self.error_text().unwrap_or_default();
                let failed = applied.all_failed().map(|failed| {
                    let headline = failed.change.headline();
                    unsuccessful(headline, NonSuccessKind::Error, failed.outcome.word(), &error)
                });
                let left =
                    headlines(&applied.not_tried).into_iter().map(|headline| skipped(headline, "not tried"));
                done.chain(failed).chain(left).collect()
            }
            // The changes are the repair of the differences, which are test cases already.
            (None, Some(_)) if self.changes_are_repairs() => Vec::new(),
            (None, Some(_) | None) => {
                let changes = headlines(self.changes.as_deref().unwrap_or_default());
                changes.into_iter().map(|headline| skipped(headline, "pending")).collect()
            }
        }
    }

    fn claim_cases(&self) -> Vec<TestCase> {
        let claims = self.verification.iter().flat_map(|verification| &verification.claims);
        claims
            .map(|claim| {
                let explanation = join(&claim.because, "\n");
                match claim.result {
                    ClaimOutcome::Proved => passed(claim.claim.shown()),
                    ClaimOutcome::Refuted => {
                        unsuccessful(claim.claim.shown(), NonSuccessKind::Failure, "refuted", &explanation)
                    }
                    ClaimOutcome::Unknown => {
                        unsuccessful(claim.claim.shown(), NonSuccessKind::Error, "undecided", &explanation)
                    }
                }
            })
            .collect()
    }

    fn finding_cases(&self) -> Vec<TestCase> {
        let findings = self.verification.iter().flat_map(|verification| &verification.findings);
        findings
            .map(|finding| {
                let name = format!("{} {}", finding.id, finding.statement.as_deref().unwrap_or_default());
                let text = format!("{}\nfix: {}", finding.message, finding.fix);
                unsuccessful(name.trim_end().to_owned(), NonSuccessKind::Failure, &finding.severity, &text)
            })
            .collect()
    }

    fn analysis_cases(&self) -> Vec<TestCase> {
        let analyses = self.verification.iter().flat_map(|verification| &verification.analyses);
        analyses
            .map(|AnalysisView { analyser, question, answer, own, shows, .. }| {
                let name = format!("{analyser}: {question}");
                let text = format!("{answer}; rolecall: {}", own.as_deref().unwrap_or("nothing"));
                match shows {
                    Opinion::Confirms => passed(name),
                    Opinion::Refutes => unsuccessful(name, NonSuccessKind::Failure, shows.word(), &text),
                    Opinion::Disagrees => unsuccessful(name, NonSuccessKind::Error, shows.word(), &text),
                    Opinion::NoInformation => {
                        let mut status = TestCaseStatus::skipped();
                        status.set_message(answer.shown());
                        TestCase::new(name, status)
                    }
                }
            })
            .collect()
    }

    fn probe_cases(&self) -> Vec<TestCase> {
        let probes = self.verification.iter().flat_map(VerificationView::all_probes);
        probes
            .map(|probe| match probe.shows {
                Shows::Confirms => passed(probe.probe.shown()),
                Shows::Refutes => {
                    unsuccessful(probe.probe.shown(), NonSuccessKind::Failure, "refuted", &probe.message)
                }
                Shows::NoInformation => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(probe.message.shown());
                    TestCase::new(probe.probe.shown(), status)
                }
            })
            .collect()
    }

    fn action_cases(&self) -> Vec<TestCase> {
        let tests = self.verification.iter().flat_map(|verification| &verification.actions);
        let untested = self.verification.iter().filter_map(|verification| verification.untested.as_ref());
        let untested = untested
            .map(|why| unsuccessful("data actions".to_owned(), NonSuccessKind::Error, "undecided", why));
        tests
            .map(|test| match test.outcome {
                TestOutcome::Succeeded => passed(test.action.shown()),
                TestOutcome::Failed | TestOutcome::Missing => {
                    unsuccessful(test.action.shown(), NonSuccessKind::Failure, "failed", &test.why())
                }
                TestOutcome::NotRun => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(test.why());
                    TestCase::new(test.action.shown(), status)
                }
            })
            .chain(untested)
            .collect()
    }

    /// The side that nobody looked at: neither passed nor failed.
    fn unexamined_cases(&self) -> Vec<TestCase> {
        let case = |unexamined: UnexaminedView| {
            let mut status = TestCaseStatus::skipped();
            status.set_message(unexamined.outcome());
            TestCase::new(unexamined.service.name(), status)
        };
        self.unexamined.into_iter().map(case).collect()
    }

    /// What went wrong, where no change is the one that failed.
    fn error_cases(&self) -> Vec<TestCase> {
        let is_told = self.applied.as_ref().is_some_and(|applied| applied.failed.is_some());
        let error = self.error.iter().filter(|_| !is_told).map(|error| (self.title(), error));
        let troubles = self.verification.iter().flat_map(VerificationView::troubles);
        let troubles = troubles.map(|trouble| ("the twin of the role".to_owned(), trouble));
        let case = |(name, error): (String, &ErrorView)| {
            let mut case = unsuccessful(name, NonSuccessKind::Error, "failed", &error_text(error));
            case.status.set_type(error.code.as_str());
            case
        };
        error.chain(troubles).map(case).collect()
    }
}

fn passed(name: String) -> TestCase {
    TestCase::new(name, TestCaseStatus::success())
}

fn unsuccessful(name: String, kind: NonSuccessKind, message: &str, description: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message).set_description(description);
    TestCase::new(name, status)
}

fn difference(difference: &DifferenceView) -> TestCase {
    let DifferenceView { resource, attribute, consequence, effects, expected, actual, repair, .. } =
        difference;
    let mut text: Vec<String> = effects.iter().map(Text::shown).collect();
    for (sign, line) in diff::signed_lines(expected.as_ref(), actual.as_ref()) {
        text.push(format!("{} {line}", sign.character()));
    }
    text.push(format!("repair: {repair}"));
    let name = format!("{attribute} of {resource}");
    unsuccessful(name, NonSuccessKind::Failure, consequence.title(), &text.join("\n"))
}
