  // What is in the clocks of Virtex-6's memory controller, as far as a simulation with one clock wants to know.
  reg [7:0] held = 8'hff;
  always @(posedge mmcm_clk)
    if (!sys_rst || !iodelay_ctrl_rdy) held <= 8'hff;
    else held <= {held[6:0], 1'b0};
  assign clk = mmcm_clk;
  assign clk_mem = mmcm_clk;
  assign clk_rd_base = mmcm_clk;
  assign rstdiv0 = held[7];
  assign PSDONE = 1'b0;
// ----
  // What the controller's user interface does with a memory of 4 MB behind it: requests in order, ready or not at random, reads after 20 clocks or more, in two
  // clocks that follow each other and wait for no one. It stops where a request changes before it is taken, begins within a burst, or writes what has not come.
  localparam HALF = APP_DATA_WIDTH;
  reg [2*HALF-1:0] memory [0:65535];
  reg [HALF-1:0] halves [0:15];
  reg [APP_MASK_WIDTH-1:0] masks [0:15];
  reg [4:0] come = 5'd0;
  reg [4:0] used = 5'd0;
  reg [2*HALF-1:0] asked [0:63];
  reg [31:0] times [0:63];
  reg [6:0] reads = 7'd0;
  reg [6:0] answered = 7'd0;
  reg second = 1'b0;
  reg [31:0] now = 32'd0;
  reg [31:0] noise = 32'h1badcafe;
  reg [7:0] starting = 8'd0;
  reg waited = 1'b0;
  reg [ADDR_WIDTH+2:0] shown = 0;
  wire [4:0] gathered = come - used;
  wire [15:0] block = app_addr[18:3];
  wire answers = reads != answered && now - times[answered[5:0]] > 32'd20 && (second || noise[9:8] != 2'b00);
  integer i;
  assign phy_init_done = &starting;
  assign app_rdy = phy_init_done && noise[0] != noise[5] && (reads - answered) < 7'd60;
  assign app_wdf_rdy = phy_init_done && noise[1] != noise[7] && gathered < 5'd14;
  assign app_rd_data_valid = answers;
  assign app_rd_data_end = second;
  assign app_rd_data = second ? asked[answered[5:0]][2*HALF-1:HALF] : asked[answered[5:0]][HALF-1:0];
  always @(posedge clk) begin
    now <= now + 32'd1;
    noise <= {noise[30:0], noise[31] ^ noise[21] ^ noise[1] ^ noise[0]};
    if (rst) begin
      starting <= 8'd0;
      waited <= 1'b0;
    end else begin
      if (!phy_init_done) starting <= starting + 8'd1;
      if (waited && (!app_en || shown != {app_cmd, app_addr})) begin
        $display("a request changed before it was taken");
        $stop;
      end
      waited <= app_en && !app_rdy;
      shown <= {app_cmd, app_addr};
      if (app_wdf_wren && app_wdf_rdy) begin
        if (app_wdf_end != come[0]) begin
          $display("a half of a block in the other's place");
          $stop;
        end
        halves[come[3:0]] <= app_wdf_data;
        masks[come[3:0]] <= app_wdf_mask;
        come <= come + 5'd1;
      end
      if (app_en && app_rdy) begin
        if (app_addr[2:0] != 3'd0 || app_addr[ADDR_WIDTH-1:19] != 0 || (app_cmd == 3'd0 && gathered < 5'd2) || app_cmd > 3'd1) begin
          $display("no legal request: %x at %x", app_cmd, app_addr);
          $stop;
        end
        if (app_cmd == 3'd0) begin
          for (i = 0; i < APP_MASK_WIDTH; i = i + 1) begin
            if (!masks[used[3:0]][i]) memory[block][8*i +: 8] <= halves[used[3:0]][8*i +: 8];
            if (!masks[used[3:0] + 4'd1][i]) memory[block][HALF + 8*i +: 8] <= halves[used[3:0] + 4'd1][8*i +: 8];
          end
          used <= used + 5'd2;
        end else begin
          asked[reads[5:0]] <= memory[block];
          times[reads[5:0]] <= now;
          reads <= reads + 7'd1;
        end
      end
      if (answers) begin
        second <= !second;
        if (second) answered <= answered + 7'd1;
      end
    end
  end
