// What a board top's primitives do, as far as a simulation with one clock wants to know.
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */
module IBUFDS (input wire I, input wire IB, output wire O);
  assign O = I;
endmodule

module BUFG (input wire I, output wire O);
  assign O = I;
endmodule

// Ready 8 clocks after its reset.
module IDELAYCTRL (input wire REFCLK, input wire RST, output wire RDY);
  reg [7:0] clocks = 8'd0;
  always @(posedge REFCLK) clocks <= RST ? 8'd0 : {clocks[6:0], 1'b1};
  assign RDY = clocks[7];
endmodule

module BUFIO (input wire I, output wire O);
  assign O = I;
endmodule

module BUFR #(parameter BUFR_DIVIDE = "BYPASS") (input wire I, input wire CE, input wire CLR, output wire O);
  assign O = I & CE & ~CLR;
endmodule

module ODDR #(parameter DDR_CLK_EDGE = "OPPOSITE_EDGE") (
  input wire C, input wire CE, input wire D1, input wire D2, input wire R, input wire S, output wire Q
);
  assign Q = C ? D1 : D2;
endmodule

// Locks after 16 clocks without reset.
module MMCM_BASE #(
  parameter BANDWIDTH = "OPTIMIZED",
  parameter real CLKIN1_PERIOD = 0.0,
  parameter integer DIVCLK_DIVIDE = 1,
  parameter real CLKFBOUT_MULT_F = 5.0,
  parameter real CLKOUT0_DIVIDE_F = 1.0,
  parameter integer CLKOUT1_DIVIDE = 1,
  parameter integer CLKOUT2_DIVIDE = 1
) (
  input wire CLKIN1, input wire CLKFBIN, input wire RST, input wire PWRDWN,
  output wire CLKFBOUT, output wire CLKOUT0, output wire CLKOUT1, output wire CLKOUT2, output wire LOCKED
);
  reg [4:0] clocks = 5'd0;
  always @(posedge CLKIN1) begin
    if (RST) clocks <= 5'd0;
    else if (!clocks[4]) clocks <= clocks + 5'd1;
  end
  assign LOCKED = clocks[4] & ~RST;
  assign CLKFBOUT = CLKIN1;
  assign CLKOUT0 = CLKIN1;
  assign CLKOUT1 = CLKIN1;
  assign CLKOUT2 = CLKIN1;
endmodule

module MMCME2_BASE #(
  parameter BANDWIDTH = "OPTIMIZED",
  parameter real CLKIN1_PERIOD = 0.0,
  parameter integer DIVCLK_DIVIDE = 1,
  parameter real CLKFBOUT_MULT_F = 5.0,
  parameter real CLKOUT0_DIVIDE_F = 1.0,
  parameter integer CLKOUT1_DIVIDE = 1,
  parameter integer CLKOUT2_DIVIDE = 1
) (
  input wire CLKIN1, input wire CLKFBIN, input wire RST, input wire PWRDWN,
  output wire CLKFBOUT, output wire CLKOUT0, output wire CLKOUT1, output wire CLKOUT2, output wire LOCKED
);
  MMCM_BASE #(
    .BANDWIDTH(BANDWIDTH), .CLKIN1_PERIOD(CLKIN1_PERIOD), .DIVCLK_DIVIDE(DIVCLK_DIVIDE),
    .CLKFBOUT_MULT_F(CLKFBOUT_MULT_F), .CLKOUT0_DIVIDE_F(CLKOUT0_DIVIDE_F), .CLKOUT1_DIVIDE(CLKOUT1_DIVIDE),
    .CLKOUT2_DIVIDE(CLKOUT2_DIVIDE)
  ) same (
    .CLKIN1(CLKIN1), .CLKFBIN(CLKFBIN), .RST(RST), .PWRDWN(PWRDWN),
    .CLKFBOUT(CLKFBOUT), .CLKOUT0(CLKOUT0), .CLKOUT1(CLKOUT1), .CLKOUT2(CLKOUT2), .LOCKED(LOCKED)
  );
endmodule
