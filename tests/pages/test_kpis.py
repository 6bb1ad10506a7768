from zhike.pages.kpis import point_change, relative_change, spark_points


def test_a_change_says_its_direction_without_colour() -> None:
    rise = relative_change(108.2, 100, "before")
    fall = point_change(0.314, 0.323, "before")
    assert rise and (rise.text, rise.direction) == ("+8.2%", "up")
    assert fall and (fall.text, fall.direction) == ("-0.9 个百分点", "down")


def test_a_change_too_small_to_show_is_flat() -> None:
    change = relative_change(100.01, 100, "before")
    assert change and (change.text, change.direction) == ("0.0%", "flat")


def test_from_a_loss_to_a_gain_is_a_rise() -> None:
    change = relative_change(50, -100, "before")
    assert change and (change.text, change.direction) == ("+150.0%", "up")


def test_nothing_to_compare_with_is_no_change() -> None:
    assert relative_change(1, None, "before") is None
    assert relative_change(None, 1, "before") is None
    assert relative_change(1, 0, "before") is None
    assert point_change(None, 0.1, "before") is None


def test_a_small_line_stays_in_its_box_and_skips_the_unknown() -> None:
    points = spark_points((1, None, 3, 2))
    assert points == "2.0,30.0 79.3,2.0 118.0,16.0"
    assert spark_points((5, 5)) == "2.0,16.0 118.0,16.0"
    assert spark_points((1,)) == "" == spark_points((None, 1))
