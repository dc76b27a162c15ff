// SPDX-License-Identifier: GPL-2.0-only

//! Makes programs from seeds. Half of them have a theme: acts that go through the same protocol.

use landlock_uapi::restrict;
use strum::IntoEnumIterator;

use crate::choice::Choice;
use crate::pairs::program::{
    Act, Actor, Handles, MAX_ACTORS, Mounted, Name, Place, Program, Rule, Ruleset, Sig, TSYNC,
    Wait, Whom,
};

/// Flags of logging, and the one for `no_new_privs`.
const OTHER_FLAGS: u32 = restrict::ALL as u32 & !TSYNC;

/// What the acts of a program are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theme {
    /// All threads are restricted.
    Tsync,
    /// Rulesets are changed and enforced.
    Rulesets,
    /// Objects are tied and untied, and unmounted.
    Objects,
    /// Files are opened and move.
    Files,
    /// Signals, and what has a domain as its target.
    Signals,
    /// Anything.
    Any,
}

/// Makes acts.
struct Maker {
    choice: Choice,
    count: usize,
}

/// Returns the program of `seed`.
pub fn program(seed: u64) -> Program {
    let mut choice = Choice::new(seed ^ 0x7061_6972_7321);
    let count = choice.weighted(&[(3, 2), (2, MAX_ACTORS)]);
    let mut maker = Maker { choice, count };
    let theme = maker.theme();
    let start = match maker.choice.below(3) {
        0 => vec![maker.ruleset(theme)],
        _ => Vec::new(),
    };
    let rulesets = vec![maker.ruleset(theme), maker.ruleset(theme)];
    let mount = match theme {
        Theme::Objects => maker
            .choice
            .one(&[Mounted::There, Mounted::There, Mounted::Detached]),
        _ => maker
            .choice
            .weighted(&[(6, Mounted::Nothing), (1, Mounted::There)]),
    };
    let mut actors: Vec<Actor> = (0..count).map(|me| maker.actor(me, theme)).collect();
    if actors
        .iter()
        .all(|Actor(_, acts)| acts.iter().any(|act| act.is_background()))
    {
        actors[0].1 = vec![maker.foreground(theme)];
    }
    Program {
        start,
        rulesets,
        mount,
        actors,
    }
}

impl Maker {
    fn any<T: IntoEnumIterator + Clone>(&mut self) -> T {
        let all: Vec<T> = T::iter().collect();
        self.choice.one(&all)
    }

    fn theme(&mut self) -> Theme {
        self.choice.weighted(&[
            (5, Theme::Tsync),
            (3, Theme::Rulesets),
            (3, Theme::Objects),
            (2, Theme::Files),
            (2, Theme::Signals),
            (3, Theme::Any),
        ])
    }

    fn ruleset(&mut self, theme: Theme) -> Ruleset {
        let handles = match theme {
            Theme::Objects | Theme::Files => Handles::Files,
            Theme::Signals => self.choice.one(&[Handles::Scopes, Handles::All]),
            _ => self.any(),
        };
        let fitting: Vec<Rule> = Rule::iter()
            .filter(|rule| match rule {
                Rule::Port1 | Rule::Port2 => matches!(handles, Handles::Ports | Handles::All),
                _ => matches!(handles, Handles::Files | Handles::All),
            })
            .collect();
        let rules = match fitting.is_empty() {
            true => Vec::new(),
            false => {
                let count = self.choice.below(3);
                (0..count).map(|_| self.choice.one(&fitting)).collect()
            }
        };
        Ruleset(handles, rules)
    }

    fn actor(&mut self, me: usize, theme: Theme) -> Actor {
        let place = match me {
            0 => Place::Thread,
            _ => {
                self.choice
                    .weighted(&[(7, Place::Thread), (1, Place::Child), (1, Place::Outside)])
            }
        };
        if theme == Theme::Tsync && me == 0 {
            let act = self.tsync();
            return Actor(place, vec![act]);
        }
        if self.choice.chance(30) {
            return Actor(place, vec![self.background()]);
        }
        let count = self.choice.weighted(&[(4, 1), (2, 2), (1, 3)]);
        let acts = (0..count).map(|_| self.foreground(theme));
        Actor(place, acts.collect())
    }

    fn tsync(&mut self) -> Act {
        let more = self.choice.subset(OTHER_FLAGS.into(), 15) as u32;
        match self.choice.below(8) {
            // Flags without a ruleset: only one of them is for that.
            0 => Act::RestrictNothing(TSYNC | 4),
            _ => Act::Restrict(self.any(), TSYNC | more),
        }
    }

    fn foreground(&mut self, theme: Theme) -> Act {
        let theme = match theme {
            Theme::Any => self.theme(),
            theme => theme,
        };
        // Something else now and then.
        let theme = if self.choice.chance(20) {
            self.theme()
        } else {
            theme
        };
        match theme {
            Theme::Tsync | Theme::Any => self.on_threads(),
            Theme::Rulesets => self.on_rulesets(),
            Theme::Objects => self.on_objects(),
            Theme::Files => self.on_files(),
            Theme::Signals => self.on_signals(),
        }
    }

    /// What matters to an actor that restricts all threads.
    fn on_threads(&mut self) -> Act {
        match self.choice.below(12) {
            0..4 => self.tsync(),
            4 => Act::Restrict(self.any(), 0),
            5 => Act::Thread,
            6 => Act::Fork,
            7 => Act::Vfork(self.choice.one(&[1, 4, 20])),
            8 => Act::Exit,
            9 => self
                .choice
                .weighted(&[(6, Act::Exit), (1, Act::Exec), (1, Act::ExitGroup)]),
            10 => Act::Tgkill(self.choice.below(self.count), Sig::Interrupt),
            _ => self.on_rulesets(),
        }
    }

    fn on_rulesets(&mut self) -> Act {
        match self.choice.below(9) {
            0..3 => Act::AddRule(self.any(), self.any()),
            3..5 => Act::Restrict(self.any(), 0),
            5 => Act::Restrict(
                self.any(),
                self.choice.subset(OTHER_FLAGS.into(), 40) as u32,
            ),
            6 => Act::CloseRuleset(self.any()),
            7 => Act::ReplaceRuleset(self.any(), self.any()),
            _ => self.tsync(),
        }
    }

    fn on_objects(&mut self) -> Act {
        let rule = self
            .choice
            .one(&[Rule::Mount, Rule::MountFile, Rule::File, Rule::D]);
        match self.choice.below(11) {
            0..3 => Act::AddRule(self.any(), rule),
            3..6 => Act::CloseRuleset(self.any()),
            6 => Act::Unmount,
            7 => Act::Detach,
            8 => Act::CloseMount,
            9 => Act::Unlink(self.choice.one(&[Name::FileM, Name::FileA])),
            _ => Act::Restrict(self.any(), 0),
        }
    }

    fn on_files(&mut self) -> Act {
        let [from, to]: [Name; 2] = [self.any(), self.any()];
        match self.choice.below(12) {
            0 => Act::Read(from),
            1 => Act::Write(from),
            2 => Act::Truncate(from),
            3 => Act::Rename(from, to),
            4 => Act::Rename(Name::DirA, Name::DirB),
            5 => Act::Exchange(from, to),
            6 => Act::Link(from, to),
            7 => Act::Unlink(from),
            8 => Act::MountOver,
            9 => Act::Connect(self.choice.one(&[1001, 1002])),
            10 => Act::Bind(self.choice.one(&[1001, 1002])),
            _ => Act::Restrict(self.any(), 0),
        }
    }

    fn on_signals(&mut self) -> Act {
        let whom = self.choice.below(self.count);
        let sig = self.choice.weighted(&[
            (3, Sig::Check),
            (3, Sig::Interrupt),
            (2, Sig::Ignored),
            (1, Sig::Kill),
        ]);
        match self.choice.below(10) {
            0 => Act::Kill(Whom::Actor(whom), sig),
            1 => Act::Kill(self.choice.one(&[Whom::Group, Whom::Outside]), sig),
            2..4 => Act::Tgkill(whom, sig),
            4 => Act::SetOwner(whom),
            5 => Act::Trigger,
            6 if self.choice.chance(50) => Act::Inspect(whom),
            6 | 7 => Act::ConnectAbstract,
            8 => Act::Fork,
            _ => Act::Restrict(self.any(), self.choice.one(&[0, 0, TSYNC])),
        }
    }

    fn background(&mut self) -> Act {
        match self.choice.below(10) {
            0..2 => Act::ThreadLoop,
            2..4 => Act::ReadLoop(self.any()),
            4..6 => Act::VforkLoop {
                ms: self.choice.one(&[0, 1, 3, 10]),
                most: 20,
            },
            _ => Act::Wait(self.any::<Wait>()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Returns the name of an act.
    fn name(act: Act) -> String {
        let text = format!("{act:?}");
        let end = text.find(['(', ' ']).unwrap_or(text.len());
        text[..end].to_owned()
    }

    #[test]
    fn programs_are_valid_and_reach_all_acts() {
        let mut names = BTreeSet::new();
        for seed in 0..3000 {
            let program = program(seed);
            program.check().unwrap();
            assert_eq!(program.to_string().parse::<Program>().unwrap(), program);
            names.extend(program.acts().map(name));
        }
        // That C hangs in this one is known: only a fixed program has it.
        assert!(!names.contains("MemoryLoop"));
        assert_eq!(names.len(), 34, "{names:?}");
    }

    #[test]
    fn few_programs_may_hang() {
        let hang = (0..3000).filter(|seed| program(*seed).c_may_hang()).count();
        assert!(hang > 10 && hang < 150, "{hang}");
    }
}
