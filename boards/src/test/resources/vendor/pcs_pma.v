// Ports of Vivado's gig_ethernet_pcs_pma, in SGMII with a transceiver and its shared logic inside, that docs/boards.md joins (PG047).
(* blackbox *)
module pcs_pma (
  input wire gtrefclk_p, input wire gtrefclk_n, input wire rxp, input wire rxn, output wire txp, output wire txn,
  input wire independent_clock_bufg, output wire userclk2_out,
  output wire [7:0] gmii_rxd, output wire gmii_rx_dv, output wire gmii_rx_er,
  input wire [7:0] gmii_txd, input wire gmii_tx_en, input wire gmii_tx_er,
  input wire reset, input wire signal_detect, input wire [4:0] configuration_vector,
  input wire [15:0] an_adv_config_vector, input wire an_restart_config,
  input wire speed_is_10_100, input wire speed_is_100, output wire [15:0] status_vector
);
endmodule
