//! The roll call as one HTML page: the picture, then each outsider with the ways in. Nothing is loaded, and no script runs.

use askama::Template;

use super::super::html::class_of_verdict;
use super::super::issue::capitalized;
use super::picture::{Picture, WIDTH};
use super::{RoleAnswerView, RollCallView, Standing, WayView};
use crate::exit::ExitCode;

#[derive(Template)]
#[template(path = "roll_call.html", config = "src/report/html/askama.toml")]
struct Page<'r> {
    title: &'static str,
    verdict: String,
    class: &'static str,
    exit: ExitCode,
    view: &'r RollCallView,
    picture: Picture,
    groups: Vec<(&'r WayView, Vec<(&'r RoleAnswerView, &'r WayView)>)>,
    version: &'static str,
}

impl RollCallView {
    /// One page that needs nothing else.
    #[must_use]
    pub fn to_html(&self) -> String {
        let page = Page {
            title: "Roll call",
            verdict: capitalized(&self.verdict()),
            class: class_of_verdict(self.exit_code, false),
            exit: self.exit_code,
            view: self,
            picture: Picture::of(self),
            groups: self.by_outsider(),
            version: env!("CARGO_PKG_VERSION"),
        };
        // The only thing that fails is a writer, and a String does not.
        page.render().unwrap_or_default()
    }
}

impl WayView {
    /// The style class.
    fn class(&self) -> &'static str {
        match self.counted() {
            Standing::Closed => "good",
            Standing::Unknown => "unknown",
            Standing::Open => "bad",
        }
    }
}
