"""A site's plant on the wire: Modbus TCP, units 1-4, on pymodbus."""

import asyncio
from functools import partial

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from slothbox.plant.registers import Unit
from slothbox.plant.site import Plant
from slothbox.plant.write_log import WriteLog

LOOPBACK = "127.0.0.1"
_BIT_FUNCTIONS = (1, 2, 5, 15)
_READ_FUNCTIONS = (3, 4)
_WRITE_FUNCTIONS = (5, 6, 15, 16, 22, 23)
_INPUT_FUNCTION, _WRITE_ONE = 4, 6
_ANYBODY, _ANYBODYS_REGISTERS = 0, 128
_FUNCTION_BYTE = 7


class PlantServer:
    """One plant behind one port of the loopback interface; to be used inside a running event loop."""

    def __init__(self, plant: Plant, log: WriteLog) -> None:
        """Serve `plant` and note every write in `log`."""
        self.plant = plant
        self.port = 0
        self._log = log
        self._server: ModbusTcpServer | None = None

    async def start(self, preferred_port: int = 0) -> None:
        """Listen on the preferred port, on any free one when that is taken; `port` tells which."""
        try:
            await self._listen(preferred_port)
        except RuntimeError:
            await self._listen(0)

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def reboot(self, *, kept: bool = False) -> None:
        """Start the plant again, its registers `kept` or not; whoever was connected is not any more."""
        self.plant.reboot(kept=kept)
        self._disconnect()

    def _disconnect(self, but: int = 0) -> None:
        """Close every connection but the oldest few."""
        if self._server is not None:
            for connection in list(self._server.active_connections.values())[but:]:
                connection.close()

    async def _listen(self, port: int) -> None:
        self._server = ModbusTcpServer(
            [self._device(unit) for unit in Unit] + [_nobody()],
            address=(LOOPBACK, port),
            trace_packet=self._pass_or_swallow,
            trace_connect=self._count_connections,
        )
        await self._server.serve_forever(background=True)
        listener = self._server.transport
        assert isinstance(listener, asyncio.Server)  # noqa: S101 - what asyncio gives for a listening TCP port
        self.port = listener.sockets[0].getsockname()[1]

    def _device(self, unit: Unit) -> SimDevice:
        blocks = (
            [SimData(0, values=False, datatype=DataType.BITS)],
            [SimData(0, values=False, datatype=DataType.BITS)],
            _block(self.plant.holding(unit)),
            _block(self.plant.inputs(unit)),
        )
        return SimDevice(unit, simdata=blocks, action=partial(self._act, unit))

    async def _act(
        self,
        unit: Unit,
        function: int,
        start: int,
        address: int,
        _count: int,
        registers: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Carry out one request: refresh `registers` for a read, take over `values` for a write."""
        if function in _BIT_FUNCTIONS:
            return ExcCodes.ILLEGAL_FUNCTION
        faults = self.plant.faults
        if faults.delay_s and not (function == _WRITE_ONE and values is None):
            await asyncio.sleep(faults.delay_s)
        if faults.mute:
            return ExcCodes.DEVICE_FAILURE
        if faults.read_exception and function in _READ_FUNCTIONS:
            return ExcCodes(faults.read_exception)
        self.plant.advance()
        if values is not None:
            return self._write(unit, address, [int(value) for value in values])
        current = self.plant.inputs(unit) if function == _INPUT_FUNCTION else self.plant.holding(unit)
        for register, value in current.items():
            registers[register - start] = value
        return None

    def _pass_or_swallow(self, sending: bool, packet: bytes) -> bytes:
        """Swallow a request or an answer that a fault says is lost."""
        faults = self.plant.faults
        if not sending:
            if not packet or not faults.take("drop"):
                return packet
            asyncio.get_running_loop().call_soon(self._disconnect)
            return b""
        lost = faults.mute or (packet[_FUNCTION_BYTE] in _WRITE_FUNCTIONS and faults.take("lose_acks"))
        return b"" if lost else packet

    def _count_connections(self, opened: bool) -> None:
        """Close a connection that is one too many; the oldest ones stay."""
        if opened and self.plant.faults.max_connections:
            asyncio.get_running_loop().call_soon(self._disconnect, self.plant.faults.max_connections)

    def _write(self, unit: Unit, address: int, values: list[int]) -> ExcCodes | None:
        refusal = self.plant.write(unit, address, values)
        self._log.append(self.plant, unit, address, values, refusal)
        return None if refusal is None else ExcCodes(refusal)


def _block(registers: dict[int, int]) -> list[SimData]:
    """Describe registers to pymodbus; a unit without any gets one that cannot be read."""
    if not registers:
        return [SimData(0, datatype=DataType.INVALID)]
    return [SimData(address, values=value, datatype=DataType.UINT16) for address, value in sorted(registers.items())]


def _nobody() -> SimDevice:
    """Answer for unit ids that are not there, as a gateway does."""

    async def no_response(*_request: object) -> ExcCodes | None:
        return ExcCodes.GATEWAY_NO_RESPONSE

    bits = [SimData(0, values=False, datatype=DataType.BITS)]
    words = [SimData(0, count=_ANYBODYS_REGISTERS, datatype=DataType.UINT16)]
    return SimDevice(_ANYBODY, simdata=(bits, bits, words, words), action=no_response)
