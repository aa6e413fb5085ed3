//! What a test or a person at a terminal can do to a running sandbox beside the AWS it plays, under
//! `/_sandbox/`: `POST faults` (a [`Faults`] as JSON), `GET faults`, `GET log`, `POST clear` (log and
//! faults), `GET state`.

use serde_json::json;

use super::faults::Faults;
use super::shared::Shared;
use super::wire::{Incoming, Reply};

pub(super) fn handle(path: &str, request: &Incoming, shared: &Shared) -> Reply {
    match (request.method.as_str(), path) {
        ("POST", "faults") => match serde_json::from_slice::<Faults>(&request.body) {
            Ok(faults) => {
                shared.engine().faults = faults;
                Reply::empty(204)
            }
            Err(error) => Reply::json(400, &json!({"error": error.to_string()})),
        },
        ("GET", "faults") => Reply::json(200, &shared.engine().faults),
        ("GET", "log") => {
            let calls = shared.engine().log.clone();
            Reply::json(200, &json!({"calls": calls, "most_in_flight": shared.most_in_flight()}))
        }
        ("POST", "clear") => {
            let mut engine = shared.engine();
            engine.log.clear();
            engine.faults = Faults::default();
            shared.forget_in_flight();
            Reply::empty(204)
        }
        ("GET", "state") => Reply::json(200, shared.engine().store.current().as_ref()),
        _ => Reply::json(404, &json!({"error": "no such control path"})),
    }
}
