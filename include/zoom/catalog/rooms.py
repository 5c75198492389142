"""Zoom Rooms (MEDIUM): https://developers.zoom.us/docs/api/rooms/#tag/zoom-rooms/get/rooms.

Zoom's file was not to be had: the columns are those that the clients generated from an earlier one, and recorded
answers, agree on; whatever else comes stands in `_extra`.
"""

from include.zoom.stream import Column, Kind, Label, Listing, Stream, Table

ROOMS = Stream(
    name="rooms",
    kind=Kind.SNAPSHOT,
    lists=(Listing(path="/rooms", list_key="rooms", label=Label.MEDIUM, identity=("id",)),),
    tables=(
        Table(
            name="rooms",
            comment="The account's Zoom Rooms, as of the snapshot's day",
            columns=(
                Column("id", comment="The room"),
                Column("room_id", comment="A second id of the room, unique in all of Zoom"),
                Column("name", comment="Name"),
                Column("location_id", comment="Where it is in the account's tree of locations"),
                Column("status", comment="Offline, Available, InMeeting, UnderConstruction", volatile=True),
            ),
            key=("id",),
        ),
    ),
    scopes=("zoom_rooms:read:list_rooms:admin",),
    classic_scopes=("room:read:admin",),
    plan="pro",
    needs="Zoom Rooms",
    on_by_default=False,
)
