# SPDX-License-Identifier: GPL-2.0-only
"""What of two outputs is compared: numbers that vary are not, what is promised is."""

from __future__ import annotations

import unittest

from percpu_vm.docs import live, masks, pages
from percpu_vm.docs.blocks import Block

HAMMER = """\
kernel       6.1.0-50-686-pae
accelerator  tcg,thread=multi

Hammer: one pinned thread
-------------------------
counter  idiom         contexts  issued  counted  lost  exact  updates/s per CPU
plain    this_cpu_inc  task      {0:>6}  {0:>7}  {1:>4}  yes             26387208
"""
CONTROL = """\
 #  control     must fail   expected                outcome  observed                    the right way beside it
 1  read_write  everywhere  65-100 % of interrupts  caught   lost {} of 1001 interrupts  -
"""


def problem(command: str, stands: str, made: str, passed: bool = True) -> str:
    return pages.live_problem(Block("a-target", command, stands), live.Output(made, passed))


class Masks(unittest.TestCase):
    def test_what_a_run_counts_may_vary(self) -> None:
        one, other = HAMMER.format(7, 0), HAMMER.format(123456789, 0)
        self.assertEqual(problem("pcpu report", one, other), "")

    def test_another_kernel_or_accelerator_may_print_it(self) -> None:
        one = HAMMER.format(7, 0)
        other = one.replace("6.1.0-50-686-pae", "6.12.117+deb12-cloud-amd64")
        other = other.replace("tcg,thread=multi", "kvm")
        self.assertEqual(problem("pcpu report", one, other), "")

    def test_a_loss_is_seen(self) -> None:
        self.assertIn("lost", problem("pcpu report", HAMMER.format(7, 0), HAMMER.format(7, 1)))

    def test_another_column_or_row_is_seen(self) -> None:
        stands = HAMMER.format(7, 0)
        self.assertTrue(problem("pcpu report", stands, stands.replace("exact", "whole")))
        self.assertTrue(problem("pcpu report", stands, stands.rsplit("plain", 1)[0]))

    def test_the_same_numbers_of_another_command_are_seen(self) -> None:
        self.assertTrue(problem("pcpu info", HAMMER.format(7, 0), HAMMER.format(8, 0)))

    def test_what_a_control_observes_may_vary_and_its_outcome_may_not(self) -> None:
        stands = CONTROL.format(952)
        other = stands.replace("lost 952 of 1001 interrupts", "no reader got through")
        self.assertEqual(problem("pcpu control run", stands, other), "")
        for word, instead in (("caught", "missed"), ("65-100", "3-100")):
            self.assertTrue(problem("pcpu control run", stands, stands.replace(word, instead)))

    def test_a_command_that_fails_is_a_problem(self) -> None:
        self.assertIn("failed", problem("pcpu info", "same", "same", passed=False))

    def test_every_rule_is_of_use(self) -> None:
        """A rule that changes nothing of what stands in the pages can go."""
        shown = [one.block for one in pages.placed() if one.block.source.startswith("debian-")]
        for rule in (*masks.PHRASES, *masks.COLUMNS):
            with self.subTest(rule=rule):
                phrases = tuple(one for one in masks.PHRASES if one is not rule)
                columns = tuple(one for one in masks.COLUMNS if one is not rule)
                self.assertTrue(
                    any(
                        masks.masked(block.content, block.argument)
                        != masks.masked(block.content, block.argument, phrases, columns)
                        for block in shown
                    )
                )


if __name__ == "__main__":
    unittest.main()
