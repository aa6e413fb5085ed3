//! The roll call as CSV: a row for each way in.

use super::super::audit::inert;
use super::super::text::join;
use super::{RollCallView, Text};

impl RollCallView {
    /// A header and a row for each way in.
    pub fn to_csv(&self) -> Result<String, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = [
            "role", "outsider", "kind", "vendor", "standing", "guard", "reach", "possible_reach", "findings",
            "accepted_until", "last_used", "witness",
        ];
        writer.write_record(header)?;
        for role in &self.roles {
            for way in &role.ways {
                let shown = |text: &Option<Text>| text.as_ref().map(Text::shown).unwrap_or_default();
                let findings: Vec<&str> = way.findings.iter().map(|finding| finding.id.as_str()).collect();
                let record = [
                    role.arn.shown(),
                    way.outsider.shown(),
                    way.kind.to_owned(),
                    shown(&way.vendor),
                    way.standing.as_str().to_owned(),
                    way.guard.shown(),
                    role.reach.certain.to_owned(),
                    role.reach.possible.to_owned(),
                    findings.join(" "),
                    way.accepted.as_ref().map(|accepted| accepted.until.clone()).unwrap_or_default(),
                    shown(&role.last_used),
                    match &way.witness {
                        Some(witness) => witness.shown(),
                        None => join(&way.reasons, "; "),
                    },
                ];
                writer.write_record(record.map(inert))?;
            }
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
