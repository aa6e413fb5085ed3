//! The roll call as SARIF: a result for each finding, at the role.

use super::super::issue::{Issue, Level};
use super::super::sarif::{invocation, log, notification};
use super::RollCallView;
use crate::iam::lint::Severity;
use crate::manifest::Position;

impl RollCallView {
    /// SARIF 2.1.0. A role stands in no file: `file` is what was read, or the manifest.
    #[must_use]
    pub fn to_sarif(&self, file: &str) -> String {
        let mut issues = Vec::new();
        for role in &self.roles {
            for way in role.ways.iter().filter(|way| way.accepted.is_none()) {
                issues.extend(way.findings.iter().map(|finding| Issue {
                    rule: finding.id.clone(),
                    title: finding.title.to_owned(),
                    help: finding.fix.to_owned(),
                    level: match finding.severity {
                        Severity::Error => Level::Error,
                        Severity::Warning => Level::Warning,
                        Severity::Note => Level::Note,
                    },
                    resource: role.arn.shown(),
                    attribute: way.outsider.shown(),
                    message: format!("{}: {}. Reaches: {}", way.who(), finding.message, role.reach.words),
                    position: Position { file: file.to_owned(), line: 1, column: 1 },
                }));
            }
        }
        issues.sort_by_key(|issue| issue.level);
        let unread = self.unreadable.iter().chain(&self.unread_accounts);
        let unread = unread
            .map(|one| notification("warning", &format!("cannot be read: {}: {}", one.name, one.reason)));
        log("rolecall/audit/", &issues, &invocation(self.exit_code, false, &unread.collect::<Vec<_>>()))
    }
}
