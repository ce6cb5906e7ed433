# What the stubs of the vendor's tools know of parts: pins of the banks that boards use, and what an I/O standard may stand on.
#
# Pins are from the package files of openXC7/prjxray-db (xc7k325tffg900-2, xc7vx485tffg1761-2, xc7z045ffg900-2) or, where there is none, from the comments of
# public constraint files, for xc7vx690tffg1761-2 from KiCad's symbol XC7VX690T-FFG1761 (kicad-symbols 6.0.10, FPGA_Xilinx_Virtex7; its XC7VX485T-FFG1761 agrees with
# prjxray-db in the banks here): Digilent's Arty-A7-100-Master.xdc and Nexys-A7-100T-Master.xdc and mig.prj, verilog-ethernet's example/ML605/fpga_gmii/fpga.ucf, PoC's ucf/ZC706/PMOD.Port1.xdc. A pin that is not here is refused: it may exist, but nobody has looked.

namespace eval parts {
    # part -> tool
    variable tool [dict create]
    # part -> pin -> {bank kind function}
    variable pins [dict create]
}

proc parts::part {name tools} {
    variable tool
    variable pins
    dict set tool $name $tools
    dict set pins $name [dict create]
}

# A bank whose 50 pins come in the order of every 7-series bank: IO_0, then L1P, L1N to L24P, L24N, IO_25. Clocks come in at pairs 11 to 14 (UG475). The first and the
# last of a bank of kind HP, VRN and VRP, take the reference resistors of its impedance (UG471).
proc parts::bank {name bank kind list} {
    variable pins
    if {[llength $list] != 50} {
        error "bank $bank of $name has [llength $list] pins"
    }
    for {set i 0} {$i < 50} {incr i} {
        if {$i == 0 || $i == 49} {
            set function [expr {$kind ne "HP" ? "IO" : $i == 0 ? "VRN" : "VRP"}]
        } else {
            set pair [expr {($i + 1) / 2}]
            set function "L${pair}[expr {$i % 2 ? "P" : "N"}]"
            if {$pair >= 11 && $pair <= 14} {
                append function "_CC"
            }
        }
        dict set pins $name [lindex $list $i] [list $bank $kind $function]
    }
}

# Single pins with their functions.
proc parts::some {name bank kind list} {
    variable pins
    foreach {pin function} $list {
        dict set pins $name $pin [list $bank $kind $function]
    }
}

parts::part xc7k325tffg900-2 vivado
parts::bank xc7k325tffg900-2 14 HR {
    R19 P24 R25 R20 R21 R23 R24 T20 T21 T22 T23 U19 U20 P29 R29 P27 P28 R30 T30 P26 R26 R28 T28 T26 T27
    U27 U28 T25 U25 U29 U30 V26 V27 V29 V30 V25 W26 V19 V20 W23 W24 U22 U23 V21 V22 U24 V24 W21 W22 W19
}
parts::bank xc7k325tffg900-2 15 HR {
    M19 J23 J24 L22 L23 K23 K24 L21 K21 J21 J22 M20 L20 J29 H29 J27 J28 L30 K30 K26 J26 L26 L27 L25 K25
    K28 K29 M28 L28 M29 M30 N27 M27 N29 N30 N25 N26 N19 N20 N21 N22 P23 N24 P21 P22 M24 M25 M22 M23 P19
}
parts::bank xc7k325tffg900-2 32 HP {
    Y14 AK16 AK15 AG15 AH15 AH16 AJ16 AF15 AG14 AH17 AJ17 AE16 AF16 AJ19 AK19 AG19 AH19 AJ18 AK18 AD19 AE19 AF18 AG18 AF17 AG17
    AD18 AE18 AD17 AD16 Y19 Y18 AA18 AB18 AB19 AC19 AB17 AC17 AE15 AE14 AA15 AB15 AC16 AC15 AC14 AD14 AA17 AA16 Y16 Y15 AB14
}
parts::bank xc7k325tffg900-2 33 HP {
    Y13 AA12 AB12 AA8 AB8 AB9 AC9 Y11 Y10 AA11 AA10 AA13 AB13 AB10 AC10 AD8 AE8 AC12 AC11 AD9 AE9 AE11 AF11 AD12 AD11
    AG10 AH10 AE10 AF10 AJ9 AK9 AG9 AH9 AK11 AK10 AH11 AJ11 AE13 AF13 AK14 AK13 AH14 AJ14 AJ13 AJ12 AF12 AG12 AG13 AH12 AD13
}
parts::bank xc7k325tffg900-2 34 HP {
    AC6 AD4 AD3 AC2 AC1 AD2 AD1 AC5 AC4 AD6 AE6 AC7 AD7 AF3 AF2 AE1 AF1 AG4 AG3 AE4 AE3 AE5 AF5 AF6 AG5
    AH4 AJ4 AH6 AH5 AG2 AH1 AH2 AJ2 AJ1 AK1 AJ3 AK3 AF8 AG8 AF7 AG7 AH7 AJ7 AJ6 AK6 AJ8 AK8 AK5 AK4 AB7
}

parts::part xc7vx485tffg1761-2 vivado
parts::bank xc7vx485tffg1761-2 13 HP {
    AR35 AY34 BA35 AV36 AW36 BA34 BB34 BA36 BB36 BB32 BB33 AW35 AY35 AT34 AU34 AT36 AU36 AT32 AU33 AR34 AT35 AU32 AV33 AW32 AW33
    AV34 AV35 AY32 AY33 BA31 BA32 AW30 AY30 BA30 BB31 AV30 AW31 AR30 AT30 AU31 AV31 AN30 AP30 AP32 AR32 AN31 AP31 AP33 AR33 AT31
}
parts::bank xc7vx485tffg1761-2 15 HP {
    AM38 AN38 AP38 AM41 AM42 AR38 AR39 AN40 AN41 AR37 AT37 AM39 AN39 AP40 AR40 AP41 AP42 AT39 AT40 AR42 AT42 AU39 AV39 AU38 AV38
    AV40 AW40 AY39 AY40 AW37 AY37 BA37 BB37 AW38 AY38 BB38 BB39 BA39 BA40 AT41 AU42 AY42 BA42 AU41 AV41 BA41 BB41 AW41 AW42 AU37
}
parts::bank xc7vx485tffg1761-2 37 HP {
    F21 A24 A25 B22 A22 A26 A27 C23 B23 B26 B27 C24 B24 E23 E24 F22 E22 F25 E25 D22 D23 D25 D26 C25 C26
    D27 D28 C28 C29 B28 B29 A31 A32 A29 A30 C31 B31 E30 D31 D30 C30 E27 E28 F29 E29 F26 F27 F30 F31 F24
}
parts::bank xc7vx485tffg1761-2 38 HP {
    K18 C19 B19 A16 A15 A20 A19 B17 A17 B21 A21 C18 B18 D20 C20 F17 E17 D21 C21 D18 D17 G19 F19 E19 E18
    H19 G18 K19 J18 F20 E20 K17 J17 J20 H20 H18 G17 P18 P17 M17 L17 N19 N18 M19 M18 P20 N20 L20 L19 K20
}
parts::bank xc7vx485tffg1761-2 39 HP {
    J16 C16 B16 B14 A14 C15 C14 D13 C13 D16 D15 E12 D12 F16 E15 E14 E13 H16 G16 G12 F12 F15 F14 G14 G13
    H15 H14 J13 H13 K12 J12 K15 J15 K14 K13 L16 L15 L12 L11 M14 L14 N16 M16 N13 M13 N15 N14 M12 M11 J11
}

parts::part xc7vx690tffg1761-2 vivado
parts::bank xc7vx690tffg1761-2 13 HP {
    AR35 AY34 BA35 AV36 AW36 BA34 BB34 BA36 BB36 BB32 BB33 AW35 AY35 AT34 AU34 AT36 AU36 AT32 AU33 AR34 AT35 AU32 AV33 AW32 AW33
    AV34 AV35 AY32 AY33 BA31 BA32 AW30 AY30 BA30 BB31 AV30 AW31 AR30 AT30 AU31 AV31 AN30 AP30 AP32 AR32 AN31 AP31 AP33 AR33 AT31
}
parts::bank xc7vx690tffg1761-2 15 HP {
    AM38 AN38 AP38 AM41 AM42 AR38 AR39 AN40 AN41 AR37 AT37 AM39 AN39 AP40 AR40 AP41 AP42 AT39 AT40 AR42 AT42 AU39 AV39 AU38 AV38
    AV40 AW40 AY39 AY40 AW37 AY37 BA37 BB37 AW38 AY38 BB38 BB39 BA39 BA40 AT41 AU42 AY42 BA42 AU41 AV41 BA41 BB41 AW41 AW42 AU37
}
parts::bank xc7vx690tffg1761-2 37 HP {
    F21 A24 A25 B22 A22 A26 A27 C23 B23 B26 B27 C24 B24 E23 E24 F22 E22 F25 E25 D22 D23 D25 D26 C25 C26
    D27 D28 C28 C29 B28 B29 A31 A32 A29 A30 C31 B31 E30 D31 D30 C30 E27 E28 F29 E29 F26 F27 F30 F31 F24
}
parts::bank xc7vx690tffg1761-2 38 HP {
    K18 C19 B19 A16 A15 A20 A19 B17 A17 B21 A21 C18 B18 D20 C20 F17 E17 D21 C21 D18 D17 G19 F19 E19 E18
    H19 G18 K19 J18 F20 E20 K17 J17 J20 H20 H18 G17 P18 P17 M17 L17 N19 N18 M19 M18 P20 N20 L20 L19 K20
}
parts::bank xc7vx690tffg1761-2 39 HP {
    J16 C16 B16 B14 A14 C15 C14 D13 C13 D16 D15 E12 D12 F16 E15 E14 E13 H16 G16 G12 F12 F15 F14 G14 G13
    H15 H14 J13 H13 K12 J12 K15 J15 K14 K13 L16 L15 L12 L11 M14 L14 N16 M16 N13 M13 N15 N14 M12 M11 J11
}

parts::part xc7z045ffg900-2 vivado
parts::some xc7z045ffg900-2 34 HP {
    B10 L1P A10 L1N B9 L2P A9 L2N A8 L3P A7 L3N C7 L4P B7 L4N C6 L5P B6 L5N C9 L6P C8 L6N J11 L7P H11 L7N E11 L8P D11 L8N
    H12 L9P G11 L9N E10 L10P D10 L10N G10 L11P_CC F10 L11N_CC D9 L12P_CC D8 L12N_CC H9 L13P_CC G9 L13N_CC F9 L14P_CC E8 L14N_CC
    J8 L15P H8 L15N F8 L16P F7 L16N E7 L17P D6 L17N H7 L18P G7 L18N
    K7 L19N J10 L20P J9 L20N K8 L21N K11 L22P K10 L22N K12 L24N L7 L19P L8 L21P L10 L23P L9 L23N L12 L24P
}
parts::some xc7z045ffg900-2 33 HP {
    J4 L1P J3 L1N K1 L2N K3 L3P K2 L3N K5 L5P J5 L5N K6 L6P J6 L6N G2 L7P F2 L7N H6 L8P G6 L8N J1 L9P H1 L9N H2 L10P G1 L10N
    H4 L11P_CC H3 L11N_CC G5 L12P_CC G4 L12N_CC F5 L13P_CC E5 L13N_CC F4 L14P_CC F3 L14N_CC E6 L15P D5 L15N D4 L16P D3 L16N
    E3 L17P E2 L17N E1 L18P D1 L18N C4 L19P C3 L19N B5 L20P B4 L20N A5 L21P A4 L21N C2 L22P C1 L22N B2 L23P B1 L23N A3 L24P A2 L24N L1 L2P L3 L4P L2 L4N
}
parts::some xc7z045ffg900-2 35 HP {
    G17 L7P G16 L7N G15 L8P G14 L8N G12 L9P F12 L9N F13 L10P E12 L10N E13 L11P_CC D13 L11N_CC F15 L12P_CC F14 L12N_CC
    E16 L13P_CC E15 L13N_CC D15 L14P_CC D14 L14N_CC F17 L15P E17 L15N D16 L16P C16 L16N C17 L17P B16 L17N B17 L18P A17 L18N
    C14 L19P C13 L19N C12 L20P B12 L20N B15 L21P A15 L21N C11 L22P B11 L22N B14 L23P A14 L23N A13 L24P A12 L24N
}
parts::some xc7z045ffg900-2 11 HR {AJ21 IO AK21 IO AB21 IO}
parts::some xc7z045ffg900-2 10 HR {AB16 L24N AB17 L24P AF14 L12P_CC AG14 L12N_CC}
parts::some xc7z045ffg900-2 9 HR {Y20 IO AA20 IO AC18 IO AC19 IO}

parts::part xc7a100tcsg324-1 vivado
parts::some xc7a100tcsg324-1 35 HR {
    E3 L12P_CC D3 L12N_CC D4 L11N_CC F4 L13P_CC F3 L13N_CC E2 L14P_CC D2 L14N_CC H2 L15P G2 L15N C2 L16P C1 L16N H1 L17P G1 L17N
    C4 L7P E5 L5N F1 L18P E1 L18N G6 L19P F6 L19N G4 L20P G3 L20N J4 L21P H4 L21N J3 L22P J2 L22N K2 L23P K1 L23N H6 L24P H5 L24N J5 IO
}
parts::some xc7a100tcsg324-1 16 HR {
    D9 L6N C9 L11P_CC B9 L11N_CC B8 L12P_CC A8 L12N_CC C11 L13P_CC C10 L13N_CC A10 L14P_CC A9 L14N_CC D10 L19N
}

parts::some xc7a100tcsg324-1 34 HR {
    R2 IO M6 IO N4 IO T1 IO N6 IO R7 IO V6 IO U7 IO R8 IO V7 IO R6 IO U6 IO T6 IO T8 IO R1 IO P4 IO P2 IO P3 IO M4 IO P5 IO K6 IO U9 IO V9 IO N5 IO U8 IO R5 IO
    L1 IO U1 IO K5 IO L3 IO K3 IO L6 IO M3 IO M1 IO L4 IO M2 IO V4 IO T5 IO U4 IO V5 IO V1 IO T3 IO U3 IO R3 IO N2 IO U2 IO N1 IO V2 IO
}
parts::some xc7a100tcsg324-1 15 HR {
    C12 L3P B12 L3N C17 L20N D18 L21N F15 L14P_CC G16 L13N_CC E17 L16P E18 L21P G17 L18N H16 L13P_CC H15 L19N H14 L15P J14 L19P J13 L17N H17 L18P
    G18 L22P C16 L20P
}

parts::part xc6vlx240t-1ff1156 ise
parts::some xc6vlx240t-1ff1156 34 V6 {J9 L0P_CC H9 L0N_CC}
parts::some xc6vlx240t-1ff1156 35 V6 {H10 L6P}
# Pins of the memory with their banks: alexeykosinov/ml605_axi_ver2, data/DDR3_SDRAM_mig_saved.prj at d726266e0b489571d62598238ff8a2cd47772640; the files say of no
# data pin which pair it is of.
foreach {bank pins} {
    35 {J11 E13 F13 K11 L11 K13 K12 D11 M13 J14 B13 B12 G10 M11 C12 A11 G11 F11 D14 C14 G12 G13 F14 H14 E11 B11 E14 C13 L13 K14 M12}
    26 {C19 G20 E19 F20 A20 A21 E22 E23 G21 B21 A23 A24 C20 D20 J20 G22 D19 B22 F21 B20}
    25 {D26 F26 B26 E26 C24 D25 D27 C25 C27 B28 D29 B27 G27 A28 E24 G25 F28 B31 H29 H28 B30 A30 E29 F29 A26 A29 A31 F25 C28 D24 C29}
    36 {L14 A16 B16 E16 D16 J17 A15 B15 G15 F15 M16 M15 H15 K19 J19 L15 L19 C17 B17 E18 M18 K18 F18}
} {
    foreach pin $pins {
        parts::some xc6vlx240t-1ff1156 $bank V6 [list $pin IO]
    }
}
parts::some xc6vlx240t-1ff1156 35 V6 {D12 S0P E12 S0N H12 S1P J12 S1N A13 S2P A14 S2N}
parts::some xc6vlx240t-1ff1156 26 V6 {H19 S3P H20 S3N B23 S4P C23 S4N}
parts::some xc6vlx240t-1ff1156 25 V6 {B25 S5P A25 S5N H27 S6P G28 S6N C30 S7P D30 S7N}
parts::some xc6vlx240t-1ff1156 36 V6 {G18 CKP H18 CKN}
# Places of the cells behind pins: the same, data/system.ucf at 208147f65860ce841f05403bff60dfd637032afa.
set parts::sites {
    C29 X1Y139 M12 X2Y139 C13 X2Y137 L13 X2Y141 K14 X2Y143 F21 X1Y179 B20 X1Y181 F25 X1Y137 C28 X1Y141 D24 X1Y143
}
parts::some xc6vlx240t-1ff1156 24 V6 {
    J25 L9P_CC J24 L9N_CC T24 L8P_CC T23 L8N_CC AC22 L19P AC24 L18N AE22 L17N AE23 L17P AB23 L16N AG23 L15N AE24 L11N_CC AD24 L11P_CC
}
parts::some xc6vlx240t-1ff1156 23 V6 {AH27 L0P AH28 L0N AP24 L19N}
parts::some xc6vlx240t-1ff1156 33 V6 {
    AH13 L18P AH12 L16N AD12 L10P_CC AM11 L7N AL11 L7P AG10 L6N AG11 L6P AL10 L5N AM10 L5P AE11 L4N AF11 L4P AJ10 L8P_CC AH10 L8N_CC
    AM13 L15N AG12 L16P AN13 L15P AF14 L14N AE14 L14P AN12 L13N AM12 L13P AD11 L10N_CC AC12 L9N_CC AC13 L9P_CC
}
# The file names no function of the PHY's receive clock; its design drives BUFIO and BUFR from there, which takes a clock pin.
parts::some xc6vlx240t-1ff1156 33 V6 {AP11 IO_CC}

# What an I/O standard needs: kinds of bank, and the supply of the bank where the standard fixes it for inputs too (UG471, UG361).
set parts::standards {
    LVCMOS33 {{HR} 3.3}
    LVTTL {{HR} 3.3}
    LVCMOS25 {{HR V6} 2.5}
    LVCMOS18 {{HR HP V6} 1.8}
    LVCMOS15 {{HR HP V6} 1.5}
    LVCMOS12 {{HR HP V6} 1.2}
    LVDS_25 {{HR V6} {}}
    LVDS {{HP} {}}
    SSTL15 {{HR HP V6} 1.5}
    SSTL135 {{HR HP} 1.35}
    DIFF_SSTL15 {{HR HP V6} 1.5}
    DIFF_SSTL135 {{HR HP} 1.35}
    SSTL15_T_DCI {{HP V6} 1.5}
    DIFF_SSTL15_T_DCI {{HP V6} 1.5}
}
set parts::differential {LVDS LVDS_25 DIFF_SSTL15 DIFF_SSTL135 DIFF_SSTL15_T_DCI}

# Every fault of a top's pins: each port needs a pin and a standard, each pin stands for one port; banks have one supply; pairs are pairs; the clock comes in at a
# pin that clocks can; a bank with impedance by reference has its VRN and VRP pins free, or takes those of another (cascade: bank -> that bank).
proc parts::check {part ports locations levels clocks {cascade {}}} {
    variable pins
    variable standards
    variable differential
    set faults {}
    set known [dict get $pins $part]
    set taken [dict create]
    set supplies [dict create]
    set references [dict create]
    foreach port $ports {
        if {![dict exists $locations $port]} {
            lappend faults "port $port has no pin"
            continue
        }
        if {![dict exists $levels $port]} {
            lappend faults "port $port has no I/O standard"
            continue
        }
        set pin [dict get $locations $port]
        set standard [dict get $levels $port]
        if {![dict exists $known $pin]} {
            lappend faults "$part has no I/O pin $pin that is known here (port $port)"
            continue
        }
        if {[dict exists $taken $pin]} {
            lappend faults "pin $pin is taken by [dict get $taken $pin] and $port"
        }
        dict set taken $pin $port
        lassign [dict get $known $pin] bank kind function
        if {![dict exists $standards $standard]} {
            lappend faults "no I/O standard $standard (port $port)"
            continue
        }
        lassign [dict get $standards $standard] kinds volts
        if {$kind ni $kinds} {
            lappend faults "$standard can't stand on pin $pin, bank $bank is $kind (port $port)"
        }
        if {$volts ne ""} {
            if {[dict exists $supplies $bank] && [dict get $supplies $bank] != $volts} {
                lappend faults "bank $bank has supplies [dict get $supplies $bank] V and $volts V (port $port)"
            }
            dict set supplies $bank $volts
        }
        if {[string match *_DCI $standard]} {
            set other [parts::getOr $cascade $bank]
            dict set references [expr {$other eq "" ? $bank : $other}] $bank
        }
        if {$port in $clocks && ![string match *_CC $function]} {
            lappend faults "pin $pin takes no clock (port $port)"
        }
        if {$standard in $differential && $function ne "IO" && [regexp {^(.*)_p(\[\d+\])?$} $port _ stem index]} {
            set other ${stem}_n$index
            if {[dict exists $locations $other]} {
                set partner [lindex [parts::getOr $known [dict get $locations $other]] 2]
                if {[string map {P N} $function] ne $partner} {
                    lappend faults "$pin and [dict get $locations $other] are no pair, or the wrong way round (ports $port, $other)"
                }
            }
        }
    }
    dict for {pin port} $taken {
        lassign [parts::getOr $known $pin] bank kind function
        if {$function in {VRN VRP} && [dict exists $references $bank]} {
            lappend faults "pin $pin is $function of bank $bank, for impedance in bank [dict get $references $bank] (port $port)"
        }
    }
    return $faults
}

# dict get that gives nothing for a key that is not there.
proc parts::getOr {dictionary key} {
    if {[dict exists $dictionary $key]} {
        return [dict get $dictionary $key]
    }
    return {}
}

# Ports of a module in Verilog 2001 files, each wire of a bus by itself.
proc parts::ports {files module} {
    foreach file $files {
        set in [open $file]
        set text [read $in]
        close $in
        if {[regexp "\nmodule $module \\((.*?)\n\\);" "\n$text" _ list]} {
            set ports {}
            foreach line [split $list "\n"] {
                if {[regexp {^\s*(?:input|output|inout)\s+wire\s+(?:\[(\d+):0\])?\s*(\w+),?$} $line _ high name]} {
                    if {$high eq ""} {
                        lappend ports $name
                    }
                    for {set i 0} {$high ne "" && $i <= $high} {incr i} {
                        lappend ports "$name\[$i\]"
                    }
                }
            }
            return $ports
        }
    }
    error "no module $module in the files read"
}

# Wires within a module of Verilog 2001 files.
proc parts::nets {files module} {
    foreach file $files {
        set in [open $file]
        set text [read $in]
        close $in
        if {[regexp "\nmodule $module \\((.*?)\nendmodule" "\n$text" _ body]} {
            return [lmap {_ name} [regexp -all -inline -line {^  wire +(?:\[\d+:0\])? *(\w+);} $body] {set name}]
        }
    }
    return {}
}

# Words that Verilog 2001 does not know: XST stops at them.
proc parts::systemVerilog {file} {
    set in [open $file]
    set text [read $in]
    close $in
    foreach word {logic always_ff always_comb always_latch typedef interface} {
        if {[regexp "\\m$word\\M" [regsub -all {//[^\n]*} $text ""]]} {
            return $word
        }
    }
    return ""
}
