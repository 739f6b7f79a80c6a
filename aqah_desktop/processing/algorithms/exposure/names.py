"""Ids of the pack's layers the exposure algorithms read by name."""

FARMS = "farms"
POPULATION = "population"
THRESHOLDS = "thresholds"
#: The training set: an invented farm, its parcels, and the school and houses around.
TRAINING_FARM = "training_farm"
TRAINING_PARCELS = "training_parcels"
TRAINING_SITES = "training_houses"
