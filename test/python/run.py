"""Runs the cases and prints what came of each as JSON."""
import json
import os
import sys
import unittest

told = []


class Told(unittest.TestResult):
    def addSuccess(self, test):
        told.append({"name": test.id(), "failure": None})

    def addFailure(self, test, error):
        told.append({"name": test.id(), "failure": self._exc_info_to_string(error, test)})

    addError = addFailure

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.addFailure(subtest, error)


folder = os.path.dirname(os.path.abspath(__file__))
cases = os.path.join(folder, "cases")
unittest.defaultTestLoader.discover(cases, top_level_dir=folder).run(Told())
json.dump(told, sys.stdout)
